"""Which supported language serves a reader: lookup, script, variety."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from places.languages import likely, prefixes
from places.matching import FAR, Matcher, distance

MATCHES = """
# RFC 4647 lookup
de-CH-1996      de,de-CH                de-CH
de-AT           en,de                   de
zh-Hant-CN      zh-Hant,zh              zh-Hant
zh-Hant-HK      zh-Hant,zh-HK           zh-HK
zh-HK           zh-Hant,zh-Hant-HK      zh-Hant-HK
de-Latn-DE      de-AT,de-DE             de-DE
zh-HK           zh-Hant-HK,zh-HK        zh-HK
en-US-x-twain   en-US,en                en-US
de-u-co-phonebk de,en                   de
# never across scripts
zh-TW           zh-Hans,en              -
zh-TW           zh,en                   -
zh-TW           zh-CN,zh-SG             -
zh-HK           zh                      -
zh-Hant         zh-Hans                 -
zh              zh-TW,zh-Hant           -
zh-CN           zh-Hant                 -
pa-PK           pa,en                   -
az-Arab         az                      -
uz              uz-Cyrl                 -
# but where CLDR says that readers read the other one
sr-Latn         sr,en                   sr
sr-RS           sr-Latn,en              sr-Latn
ja-Latn         ja,en                   ja
# likely subtags
zh-TW           zh-Hans,zh-Hant         zh-Hant
zh-TW           zh-CN,zh-HK             zh-HK
zh-SG           zh-Hant,zh-Hans         zh-Hans
zh-Hans         zh-TW,zh-CN             zh-CN
zh-CN           zh-Hans-CN              zh-Hans-CN
zh-US           zh-Hans,zh-Hant         zh-Hant
sr-ME           sr-Latn,sr              sr-Latn
pa-PK           pa-Arab                 pa-Arab
# another variety of the same language, the nearest
de              de-AT,de-DE             de-DE
de-CH           de-AT,de-DE             de-DE
en-AU           en-US,en-GB             en-GB
en-IN           en-US,en-001            en-001
en-CA           en-GB,en-US             en-US
en              en-GB,en-US             en-US
es-MX           es-ES,es-419            es-419
es-AR           es-ES,es-US             es-US
es              es-419,es-ES            es-ES
pt              pt-PT,pt-BR             pt-BR
pt-AO           pt-BR,pt-PT             pt-PT
zh-MO           zh-TW,zh-HK             zh-HK
zh-Hant         zh-HK,zh-TW             zh-TW
fr-SN           fr-CA,fr-FR             fr-FR
de-CH           de-DE,de-CH-1996        de-CH-1996
ca-ES           ca-ES-valencia,ca       ca
# the group that theirs inherits from (CLDR parentLocales)
es-CO           en,es,es-419            es-419
es-CO           es,es-MX                es-MX
es-US           es,es-419               es-419
es-PH           es,es-419               es
es-GQ           es-419,es               es
en-AU           en,en-001,en-GB         en-001
en-AT           en-001,en-150,en        en-150
en-ZW           en-US,en-GB             en-GB
en-PH           en-GB,en                en
pt-AO           pt,pt-PT                pt-PT
pt-MO           pt,pt-PT                pt-PT
pt-US           pt-PT,pt                pt
ar-DZ           ar,ar-MA                ar-MA
zh-MO           zh-Hant,zh-HK           zh-HK
# a variety of it (macrolanguages)
yue             zh,zh-Hant,en           zh-Hant
yue-HK          zh-TW,zh-HK             zh-HK
yue-Hans-CN     zh-Hant,zh              zh
arz             ar-SA,ar-EG             ar-EG
nn              en,no                   no
wuu             en,zh                   zh
# read nearly as well (CLDR languageMatching)
no              nb,en                   nb
nb-NO           no                      no
lb              fr,de                   de
gsw-CH          de-DE,de-CH             de-CH
hr              bs                      bs
da              nb,sv                   nb
id              en,ms                   ms
# nothing: what they would make do with is for `negotiate` to weigh
ca              en,es                   -
nn              en,nb                   -
hi-Latn         hi,en                   -
sv              nb,da                   -
ja              en,de                   -
de              nl                      -
nl              af,de                   -
"""
ROWS = [line.split() for line in MATCHES.strip().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("wanted", "supported", "served"), ROWS)
def test_the_supported_language_that_serves_best(wanted: str, supported: str, served: str) -> None:
    assert (Matcher(supported.split(",")).best(wanted) or "-") == served


def test_lookup_cuts_from_the_end_and_never_stops_at_a_singleton() -> None:
    # RFC 4647 section 3.4, its own example.
    cut = ["zh-Hant-CN-x-private1-private2", "zh-Hant-CN-x-private1", "zh-Hant-CN", "zh-Hant", "zh"]
    assert list(prefixes("zh-Hant-CN-x-private1-private2")) == cut


def test_answers_are_spelled_as_configured() -> None:
    assert Matcher(["en-us", "iw"]).best("en-US") == "en-us"
    assert Matcher(["en-us", "iw"]).best("he-IL") == "iw"


def test_underscores_separate_subtags_and_are_not_answered() -> None:
    assert Matcher(["en_US", "pt_BR"]).best("pt") == "pt-BR"


def test_of_a_code_and_the_one_that_replaced_it_the_one_in_use_is_answered() -> None:
    assert Matcher(["iw", "he"]).best("he-IL") == "he"


def test_the_order_configured_decides_between_equals() -> None:
    assert Matcher(["en-NZ", "en-ZA"]).best("en-AU") == "en-NZ"
    assert Matcher(["en-ZA", "en-NZ"]).best("en-AU") == "en-ZA"


@pytest.mark.parametrize("tag", ["", "german", "de__DE", "_de", "x-foo", "und"])
def test_a_supported_language_that_is_none_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="is not a language tag"):
        Matcher(["en", tag])


TAGS = st.sampled_from(sorted({tag for row in ROWS for tag in (row[0], *row[1].split(","))}))


@given(wanted=TAGS, supported=st.lists(TAGS, min_size=1, max_size=8))
def test_what_is_served_is_supported_and_nothing_is_nearer(wanted: str, supported: list[str]) -> None:
    reader = likely(wanted)
    distances = [far for tag in supported if (far := distance(reader, likely(tag))) is not None and far < FAR]
    served = Matcher(supported).best(wanted)
    assert (served is None) == (not distances)
    if served is not None:
        assert served in supported
        assert distance(reader, likely(served)) == min(distances)
    assert Matcher([*supported, wanted]).best(wanted) == wanted
