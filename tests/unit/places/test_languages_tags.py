"""Language tags: what is one, how it is spelled, what script it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from places import languages
from places.languages import Subtags, canonical, direction, likely

# Of those that Intl.getCanonicalLocales takes, it gives the same (V8, CLDR 48); it refuses extlangs and i-tags.
CANONICAL = """
en                      en
EN-us                   en-US
zh-hant-tw              zh-Hant-TW
ZH-CMN-HANS-CN          zh-Hans-CN
zh-yue-HK               yue-HK
ar-arz                  arz
iw-IL                   he-IL
in-ID                   id-ID
ji                      yi
mo-MD                   ro-MD
sh                      sr-Latn
sh-ME                   sr-Latn-ME
tl-PH                   fil-PH
no-bok                  nb
no-nyn                  nn
art-lojban              jbo
i-klingon               tlh
i-lux                   lb
zh-min-nan              nan
zh-guoyu                zh
en-GB-oed               en-GB-oxendict
en-UK                   en-GB
de-DD                   de-DE
es-840                  es-US
fr-fx                   fr-FR
my-BU                   my-MM
eng-US                  en-US
deu-DE                  de-DE
cmn-Hans-CN             zh-Hans-CN
prs                     fa-AF
swc                     sw-CD
hy-arevmda              hyw
cnr                     sr-ME
sl-rozaj-biske-1994     sl-1994-biske-rozaj
de-1996-1901            de-1901-1996
de-CH-1996              de-CH-1996
ca-es-valencia          ca-ES-valencia
en-x-private            en-x-private
en-a-bbb-x-a-ccc        en-a-bbb-x-a-ccc
en-u-ca-gregory-t-it    en-t-it-u-ca-gregory
de-u-co-phonebk         de-u-co-phonebk
pa-arab-pk              pa-Arab-PK
es-419                  es-419
uz-cyrl-uz              uz-Cyrl-UZ
"""


@pytest.mark.parametrize(("tag", "form"), [line.split() for line in CANONICAL.strip().splitlines()])
def test_a_tag_has_one_canonical_form(tag: str, form: str) -> None:
    assert canonical(tag) == form
    assert canonical(form) == form


@pytest.mark.parametrize(
    "tag",
    [
        *(
            "",
            "-",
            "e",
            "en-",
            "-en",
            "en--us",
            "_en",
            "en__us",
            "en us",
            " en",
            "en\n",
            "en\0",
            "\0",
            "*",
            "en-*",
            "1en",
            "en-12",
        ),
        *("en-us-us", "en-latn-latn", "de-1996-1996", "en-a-bb-a-cc", "en-u-x", "en-a", "a-de", "en-abcdefghi"),
        *(
            "english",
            "abcd",
            "x-private",
            "und",
            "und-US",
            "mul",
            "zxx",
            "mis",
            "root",
            "i-enochian",
            "en-ü",
            "\uff45\uff4e",
            "ßs",
        ),
        "en-" + "-".join(["abcde"] * 20),
        "x" * 65536,
    ],
)
def test_what_names_no_language_is_none(tag: str) -> None:
    assert canonical(tag) is None


@given(st.text() | st.from_regex(r"\A[A-Za-z0-9-]{1,40}\Z"))
def test_canonical_form_never_raises_and_is_a_fixed_point(tag: str) -> None:
    form = canonical(tag)
    if form is not None:
        assert canonical(form) == form
        assert canonical(tag.swapcase()) == form
        assert len(likely(form).script) == 4


def test_a_long_tag_is_not_kept_in_the_cache() -> None:
    before = languages._canonical.cache_info().currsize
    for number in range(10):
        canonical(f"en-x-{number}-" + "a" * 60_000)
    assert languages._canonical.cache_info().currsize == before


@pytest.mark.parametrize(
    ("tag", "subtags"),
    [
        ("en", ("en", "Latn", "US")),
        ("pt", ("pt", "Latn", "BR")),
        ("zh", ("zh", "Hans", "CN")),
        ("zh-TW", ("zh", "Hant", "TW")),
        ("zh-Hant", ("zh", "Hant", "TW")),
        ("zh-SG", ("zh", "Hans", "SG")),
        ("zh-Hans-TW", ("zh", "Hans", "TW")),
        ("yue", ("yue", "Hant", "HK")),
        ("sr", ("sr", "Cyrl", "RS")),
        ("sr-ME", ("sr", "Latn", "ME")),
        ("pa", ("pa", "Guru", "IN")),
        ("pa-PK", ("pa", "Arab", "PK")),
        ("pa-Arab", ("pa", "Arab", "PK")),
        ("es-419", ("es", "Latn", "419")),
        ("de-1996", ("de", "Latn", "DE")),
        ("ca-ES-valencia", ("ca", "Latn", "ES")),
        ("qaa", ("qaa", "Latn", "")),
    ],
)
def test_likely_subtags_fill_in_what_a_tag_leaves_out(tag: str, subtags: tuple[str, str, str]) -> None:
    assert likely(tag) == Subtags(*subtags)


RIGHT_TO_LEFT = "ar ar-EG he he-IL fa ur ps sd ug yi dv ckb az-Arab az-IR pa-Arab pa-PK ku-Arab uz-AF nqo syr ms-Arab"
LEFT_TO_RIGHT = "en az az-Latn pa pa-IN ku uz ms zh-Hant ja ru hi ar-Latn he-Latn sd-Deva sd-IN mt qaa"


@pytest.mark.parametrize("tag", RIGHT_TO_LEFT.split())
def test_languages_in_arabic_hebrew_and_such_scripts_run_right_to_left(tag: str) -> None:
    assert direction(tag) == "rtl"


@pytest.mark.parametrize("tag", LEFT_TO_RIGHT.split())
def test_all_others_run_left_to_right(tag: str) -> None:
    assert direction(tag) == "ltr"
