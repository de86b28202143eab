"""`Accept-Language`: headers real clients send, headers they should not, and what holds for all of them."""

import sys
from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from places import negotiation
from places.languages import canonical, likely
from places.matching import Matcher, distance
from places.negotiation import MAX_HEADER, negotiate, reader

ANYTHING = Matcher(())
OFFERED = "en-US en-GB de fr fr-CA es-ES es-419 pt-BR pt-PT it nl ja ko zh-Hans zh-Hant zh-HK ar he ru nb sr-Latn tr"
SUPPORTED = Matcher(OFFERED.split())


def kept(header: str | None) -> str | None:
    return negotiate(reader(header), ANYTHING)


def served(header: str | None) -> str | None:
    return negotiate(reader(header), SUPPORTED)


# --- What browsers send ------------------------------------------------------------------------------------------

# Locale of the browser, and what SUPPORTED has for it ("-": nothing, so the English that follows is served).
BROWSER_LOCALES = """
de-DE de      de-AT de      de-CH de      en-US en-US   en-GB en-GB   en-AU en-GB   en-NZ en-GB   en-IE en-GB
en-ZA en-GB   en-IN en-GB   en-CA en-US   en-PH en-US   fr-FR fr      fr-BE fr      fr-CH fr      fr-CA fr-CA
es-ES es-ES   es-MX es-419  es-AR es-419  es-CO es-419  es-US es-419  es-419 es-419 pt-BR pt-BR   pt-PT pt-PT
pt-AO pt-PT   it-IT it      it-CH it      nl-NL nl      nl-BE nl      ja-JP ja      ko-KR ko      zh-CN zh-Hans
zh-SG zh-Hans zh-TW zh-Hant zh-HK zh-HK   zh-MO zh-HK   ar-SA ar      ar-EG ar      he-IL he      ru-RU ru
nb-NO nb      tr-TR tr      pl-PL -       sv-SE -       fi-FI -            uk-UA -       cs-CZ -
hi-IN -       th-TH -       vi-VN -       id-ID -       sr-RS sr-Latn el-GR -
"""
WORDS = BROWSER_LOCALES.split()
LOCALES = list(zip(WORDS[::2], WORDS[1::2], strict=True))


def chrome(tag: str, language: str) -> str:
    return f"{tag},{language};q=0.9,en-US;q=0.8,en;q=0.7"


def firefox(tag: str, language: str) -> str:
    return f"{tag},{language};q=0.8,en-US;q=0.5,en;q=0.3"


def safari(tag: str, language: str) -> str:
    return f"{tag},{language};q=0.9"


def ios_application(tag: str, language: str) -> str:
    return f"{tag};q=1.0, en-US;q=0.9"


def old_safari(tag: str, language: str) -> str:
    return tag.lower()


def okhttp(tag: str, language: str) -> str:
    return f"{tag}, {language};q=0.9, *;q=0.1"


@pytest.mark.parametrize("client", [chrome, firefox, safari, ios_application, old_safari, okhttp])
@pytest.mark.parametrize(("tag", "serving"), LOCALES)
def test_what_browsers_send_is_understood(client: Callable[[str, str], str], tag: str, serving: str) -> None:
    header = client(tag, tag.split("-")[0])
    assert kept(header) == tag
    if serving != "-":
        assert served(header) == serving
    else:
        assert served(header) == ("en-US" if "en-US" in header else None)


# --- One by one --------------------------------------------------------------------------------------------------

# header | kept when every language can be had | served of SUPPORTED
HEADERS = """
                                                 | -           | -
*                                                | -           | -
*;q=0.5                                          | -           | -
en                                               | en          | en-US
EN-gb                                            | en-GB       | en-GB
da, en-gb;q=0.8, en;q=0.7                        | da          | en-GB
fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5     | fr-CH       | fr
en;q=0.3, de;q=0.9, fr;q=0.6                     | de          | de
de;q=0.5, fr;q=0.5                               | de          | de
en-US,en;q=0.5                                   | en-US       | en-US
en-us,en-gb,en;q=0.7,*;q=0.3                     | en-US       | en-US
zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7              | zh-TW       | zh-Hant
zh-Hant-HK,zh;q=0.9                              | zh-Hant-HK  | zh-HK
zh-cmn-Hans-CN                                   | zh-Hans-CN  | zh-Hans
iw,en;q=0.5                                      | he          | he
no,nb;q=0.9,nn;q=0.8,en;q=0.5                    | no          | nb
nn,no;q=0.9,en;q=0.5                             | nn          | nb
lb,fr;q=0.8                                      | lb          | fr
lb-LU,lb;q=0.8                                   | lb-LU       | de
sr-Latn-RS,sr;q=0.5                              | sr-Latn-RS  | sr-Latn
sr-RS,sr;q=0.5                                   | sr-RS       | sr-Latn
pl,cs;q=0.9,de;q=0.1                             | pl          | de
# q=0 excludes
en;q=0                                           | -           | -
de;q=0, en                                       | en          | en-US
de, de;q=0                                       | -           | -
de;q=0, de                                       | -           | -
de-AT, de;q=0                                    | de-AT       | -
de;q=0.0, fr;q=0.00, it;q=0.000, nl;q=0.001      | nl          | nl
iw;q=0, he                                       | -           | -
en-US;q=0, en                                    | en          | en-GB
pt-BR;q=0, pt                                    | pt          | pt-PT
*;q=0, fr                                        | fr          | fr
*;q=0                                            | -           | -
# "*" before a language: anything else is liked better, so the choice is the server's
*, en;q=0.5                                      | -           | -
*;q=0.8, pl                                      | pl          | -
en, *                                            | en          | en-US
*, en                                            | en          | en-US
# whitespace, case, empty items
,,en,,                                           | en          | en-US
de ; q=0.5 ,fr                                   | fr          | fr
de;Q=0.5,fr;Q=0.9                                | fr          | fr
de;q=1.000,fr;q=0.999                            | de          | de
de;q=1.,fr;q=0.                                  | de          | de
# underscores, as systems and SDKs write them
en_US,de;q=0.5                                   | en-US       | en-US
zh_Hant_HK,en;q=0.9                              | zh-Hant-HK  | zh-HK
# one language makes do for another only when none that is named can be had
yue-HK,yue;q=0.9,en;q=0.8                        | yue-HK      | zh-HK
da                                               | da          | nb
da,en;q=0.5                                      | da          | en-US
ca,en;q=0.1                                      | ca          | en-US
ca,eu;q=0.1                                      | ca          | es-ES
# malformed items are dropped, the rest stands
_en,de;q=0.5                                     | de          | de
en__US,de;q=0.5                                  | de          | de
en;q=2,de;q=0.5                                  | de          | de
en;q=1.1,de;q=0.5                                | de          | de
en;q=-1,de;q=0.5                                 | de          | de
en;q=.9,de;q=0.5                                 | de          | de
en;q=0.1234,de;q=0.5                             | de          | de
en;q=abc,de;q=0.5                                | de          | de
en;q=,de;q=0.5                                   | de          | de
en;q,de;q=0.5                                    | de          | de
en;,de;q=0.5                                     | de          | de
en;level=1,de;q=0.5                              | de          | de
en;q=0.9;q=0.8,de;q=0.5                          | de          | de
en q=0.9,de;q=0.5                                | de          | de
en;q =0.9,de;q=0.5                               | de          | de
en-*,de;q=0.5                                    | de          | de
*-CH,de;q=0.5                                    | de          | de
e,de;q=0.5                                       | de          | de
english,de;q=0.5                                 | de          | de
123,de;q=0.5                                     | de          | de
en--US,de;q=0.5                                  | de          | de
-,de;q=0.5                                       | de          | de
;q=1,de;q=0.5                                    | de          | de
"en",de;q=0.5                                    | de          | de
../../etc/passwd,de;q=0.5                        | de          | de
<script>,de;q=0.5                                | de          | de
en;q=\uff11,de;q=0.5                                 | de          | de
\uff45\uff4e,de;q=0.5                                    | de          | de
x-klingon,de;q=0.5                               | de          | de
und,de;q=0.5                                     | de          | de
mul,zxx,de;q=0.5                                 | de          | de
aaaaaaaaaaaa,de;q=0.5                            | de          | de
null                                             | -           | -
undefined                                        | -           | -
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in HEADERS.strip("\n").splitlines() if line[0] != "#"]


@pytest.mark.parametrize(("header", "any_language", "supported"), ROWS)
def test_a_header_is_understood_as_written(header: str, any_language: str, supported: str) -> None:
    assert (kept(header) or "-") == any_language
    assert (served(header) or "-") == supported


def test_no_header_names_nobody() -> None:
    assert kept(None) is None
    assert served(None) is None


def test_the_longest_range_decides_the_quality_of_a_tag() -> None:
    visitor = reader("de;q=0.4, de-CH;q=0.8, de-AT;q=0, *;q=0.1")
    qualities = {tag: visitor.quality(tag) for tag in ("de", "de-DE", "de-CH", "de-CH-1996", "de-AT", "fr")}
    assert qualities == {"de": 400, "de-DE": 400, "de-CH": 800, "de-CH-1996": 800, "de-AT": 0, "fr": 100}
    assert reader("de").quality("fr") is None
    assert visitor.excludes("de-AT")
    assert not reader("de").excludes("fr")


def test_traditional_chinese_never_becomes_simplified() -> None:
    for tag in ("zh-TW", "zh-HK", "zh-MO", "zh-Hant", "zh-Hant-TW"):
        for simplified in ("zh", "zh-CN", "zh-Hans", "zh-SG", "zh-Hans-CN"):
            visitor = reader(f"{tag},en;q=0.5")
            assert negotiate(visitor, Matcher([simplified, "en"])) == "en"
            assert negotiate(visitor, Matcher([simplified])) is None


# --- Size --------------------------------------------------------------------------------------------------------


def work(header: str) -> int:
    """Python and C calls made to negotiate over a `header` not seen before, its tags seen before."""
    served(header)
    negotiation._reader.cache_clear()
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        served(header)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("item", ["de,", "xx-YY;q=0.5,", "a-", ",", " ", ";q=", "*,", "x", "zh-Hant-TW-", "de;q=0.5 ,"])
def test_a_64_kb_header_costs_no_more_than_a_short_one(item: str) -> None:
    short, long = (item * 65536)[:MAX_HEADER], (item * 65536)[:65536]
    assert work(long) <= work(short) + 5

    def seconds(header: str) -> float:
        started = process_time()
        for _ in range(20):
            negotiation._reader.cache_clear()
            served(header)
        return process_time() - started

    assert min(seconds(long) for _ in range(5)) < 5 * min(seconds(short) for _ in range(5)) + 0.01


def test_of_a_long_header_the_whole_items_at_its_start_are_read() -> None:
    assert kept("de," + "x" * 65536) == "de"
    # Cut in the middle, `fr;q=0.1` would read `fr`: liked best.
    filler = "de;q=0.5," + "x" * (MAX_HEADER - 12) + ","
    assert len(filler + "fr") == MAX_HEADER
    assert kept(filler + "fr") == "fr"
    assert kept(filler + "fr;q=0.1,it") == "de"
    assert reader("x" * 65536) == negotiation.NOBODY


def test_caches_hold_short_keys_only() -> None:
    negotiation._reader.cache_clear()
    for number in range(5):
        served(f"de,en;q=0.{number}," + "x," * 100 + "y" * 60_000)
    assert negotiation._reader.cache_info().currsize == 5
    assert len(negotiation.capped("a," * 65536)) <= MAX_HEADER


# --- Whatever is sent --------------------------------------------------------------------------------------------

NAMED = """
en en-US en-GB de de-DE de-AT de-CH fr fr-CA es es-ES es-MX es-419 pt pt-BR pt-PT zh zh-TW zh-CN zh-HK zh-Hans zh-Hant
zh-Hant-HK nb no nn sr sr-Latn he ar ja pl lb hr bs
"""
TAGS = st.sampled_from(NAMED.split())
WEIGHTS = st.sampled_from(["0", "0.0", "0.000", "0.001", "0.1", "0.25", "0.5", "0.9", "1", "1.0", "1.000", None])
ITEMS = st.tuples(TAGS | st.just("*"), WEIGHTS)
LISTS = st.lists(ITEMS, max_size=12)
NOISE = st.text(alphabet='aAdDeEnNzZhHuUsStT*-_;=qQ01.9, \t"\\\0é', max_size=80) | st.text(max_size=80)


def written(items: list[tuple[str, str | None]]) -> str:
    return ", ".join(tag if weight is None else f"{tag};q={weight}" for tag, weight in items)


def refused(tag: str, items: list[tuple[str, str | None]]) -> bool:
    """Whether the longest range that is a prefix of `tag` has q=0 (RFC 9110 section 12.4.2), by plain search."""
    covering = [item for item in items if f"{tag}-".startswith(f"{item[0]}-")] or [i for i in items if i[0] == "*"]
    longest = max((len(item[0]) for item in covering), default=0)
    return any(float(weight or 1) == 0 for tag, weight in covering if len(tag) == longest)


@given(NOISE | LISTS.map(written), st.lists(TAGS, max_size=6))
def test_negotiation_never_raises_and_serves_only_what_is_supported(header: str, supported: list[str]) -> None:
    answer = negotiate(reader(header), Matcher(supported))
    assert answer is None or canonical(answer) == answer
    assert answer is None or not supported or answer in supported


@given(LISTS, st.lists(TAGS, max_size=6))
def test_a_language_with_q_0_is_never_the_answer(items: list[tuple[str, str | None]], supported: list[str]) -> None:
    answer = negotiate(reader(written(items)), Matcher(supported))
    assert answer is None or not refused(answer, items)


@given(LISTS)
def test_without_supported_languages_the_best_named_one_is_kept(items: list[tuple[str, str | None]]) -> None:
    answer = kept(written(items))
    if answer is not None:
        best = max(float(weight or 1) for tag, weight in items if tag != "*" and not refused(tag, items))
        assert max(float(weight or 1) for tag, weight in items if tag == answer) == best


BLANKS = st.text(alphabet=" \t", max_size=3)


@given(st.data(), LISTS, st.lists(TAGS, max_size=6))
def test_whitespace_and_case_change_nothing(
    data: st.DataObject, items: list[tuple[str, str | None]], supported: list[str]
) -> None:
    def item(tag: str, weight: str | None) -> str:
        before, middle, inner, after = (data.draw(BLANKS) for _ in range(4))
        spelled = data.draw(st.sampled_from([tag, tag.upper(), tag.lower(), tag.swapcase()]))
        return (
            before
            + spelled
            + (f"{middle};{inner}{data.draw(st.sampled_from('qQ'))}={weight}" if weight else "")
            + after
        )

    respelled = ",".join(item(*pair) for pair in items)
    matcher = Matcher(supported)
    assert negotiate(reader(respelled), matcher) == negotiate(reader(written(items)), matcher)


@given(LISTS, st.lists(TAGS, min_size=1, max_size=6))
def test_what_is_served_is_what_a_named_language_is_served_by(
    items: list[tuple[str, str | None]], supported: list[str]
) -> None:
    answer = negotiate(reader(written(items)), Matcher(supported))
    if answer is not None:
        assert any(distance(likely(tag), likely(answer)) is not None for tag, _ in items if tag != "*")
