"""The model of the cache: what may be answered for a resource, by what the gateway says it did.

The gateway names in `Cache-Status` by what right it answers. The model knows for each sort of resource which rights
there are and for how many seconds, whether the origin failed as it was asked to, and when the resource was purged. So
an answer is right when its right is one, and its version was current recently enough for it. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from soak.content import SORTS, Resource, content, entity_tag, version_of
from soak.exchanges import Answer, Question
from soak.model import cache_status, code_of, comes_through, expect_content, is_the_faults

CLOCK: Final = 0.005
"""Seconds by which clocks of three processes may be read apart: each counts milliseconds."""

_PART: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question about a resource asks for, and what was known when it was put."""

    resource: Resource
    purged: float = 0.0
    """When the latest purge that was acknowledged by then was asked for."""
    directives: Mapping[str, int | None] = field(default_factory=dict)
    """The client's `Cache-Control`: `{"max-age": 1}`."""
    tag: str | None = None
    """The entity tag in `If-None-Match`."""
    part: str | None = None
    """The value of `Range`."""
    outage: bool = False
    """Whether the origin may have been out, or the breaker open."""


def wrongs(asked: Asked, question: Question, answer: Answer) -> Iterator[str]:
    """What is wrong with an answer about a resource."""
    own = cache_status(answer)
    if answer.status == 504 and "only-if-cached" in asked.directives and code_of(answer) in ("not_cached", ""):
        return
    if "hit" not in own and is_the_faults(question, answer):
        return
    if asked.outage and _is_an_outage(question, answer):
        return
    if answer.status not in (200, 206, 304, 416):
        yield "neither a good answer nor what the origin's fault leads to"
        return
    seconds = _right(asked, question, answer, own)
    if isinstance(seconds, str):
        yield seconds
        return
    version = version_of(answer.headers.get("etag", ""))
    if version is None:
        yield "the entity tag should be the origin's"
        return
    yield from _age(asked, answer, version, seconds)
    yield from _about_content(asked, question, answer, content(asked.resource, version))


def _is_an_outage(question: Question, answer: Answer) -> bool:
    """What the gateway says of an origin that drops its connections."""
    codes = {502: "origin_unreachable", 503: "origin_unavailable", 504: "origin_timeout"}
    return answer.status in codes and (question.method == "HEAD" or code_of(answer) == codes[answer.status])


def _right(asked: Asked, question: Question, answer: Answer, own: Mapping[str, str]) -> float | str:
    """For how many seconds the answer's version may have been over by then, or why there is no such right."""
    sort, directives = SORTS[asked.resource.sort], asked.directives
    detail = own.get("detail", "")
    late = asked.outage or answer.was_late
    troubled = late or not comes_through(question)
    if "hit" in own:
        if not sort.stored:
            return "what may not be stored cannot be a hit"
        if "no-cache" in directives or sort.fresh == 0:
            return "a hit needs validation here"
        most = directives.get("max-age")
        fresh = sort.fresh if most is None else min(sort.fresh, most)
        if detail == "stale-while-revalidate" and sort.revalidating and most is None:
            return sort.fresh + sort.revalidating
        return fresh if not detail else f"there is no right to answer as {detail}"
    if "fwd" not in own:
        return "Cache-Status should say what the cache did"
    if "only-if-cached" in directives:
        return "the client wanted nothing that is not stored"
    if detail in ("stale-if-error", "disconnected") and "no-cache" in directives:
        return "the client wanted nothing stale"
    if detail == "stale-if-error":
        return sort.fresh + sort.on_error if troubled and sort.on_error else "nothing permits stale-if-error"
    if detail == "disconnected":
        cut_off = late or (troubled and not question.fault.answered)
        return sort.fresh + sort.disconnected if cut_off and sort.disconnected else "the origin was not disconnected"
    if not comes_through(question) and not question.fault.breaks:
        return f"the origin was to fail with {question.fault.name!r}"
    return 0.0


def _age(asked: Asked, answer: Answer, version: int, seconds: float) -> Iterator[str]:
    """The version must have been current within `seconds` of the question, and after the last purge."""
    resource = asked.resource
    whole = content(resource, version)
    if answer.headers["etag"] != entity_tag(whole, version):
        yield f"the entity tag should be {entity_tag(whole, version)} for {resource}: this is another's"
    if resource.ends(version) < answer.sent - seconds - CLOCK:
        late = answer.sent - seconds - resource.ends(version)
        yield f"version {version} is {late:.3f} s too old, {seconds} s being allowed"
    if resource.ends(version) < asked.purged - CLOCK:
        yield f"version {version} was over {asked.purged - resource.ends(version):.3f} s before it was purged"
    if resource.begins(version) > answer.received + CLOCK:
        yield f"version {version} is of the future"
    if (age := answer.headers.get("age")) is not None and int(age) > seconds + 1 and seconds:
        yield f"an age of {age} s is too much, {seconds} s being allowed"


def _about_content(asked: Asked, question: Question, answer: Answer, whole: bytes) -> Iterator[str]:
    """Whole, part, or none, of the version's content."""
    sort = SORTS[asked.resource.sort]
    match answer.status:
        case 304:
            if asked.tag != answer.headers["etag"]:
                yield f"304 is about {asked.tag}, and the answer has {answer.headers['etag']}"
        case 206:
            yield from _part(asked, question, answer, whole)
        case 416:
            if asked.part is None or answer.headers.get("content-range") != f"bytes */{len(whole)}":
                yield f"the range {asked.part} can be satisfied, of {len(whole)} bytes"
        case _:
            yield from expect_content(question, answer, whole)
            if question.method == "HEAD" and answer.headers.get("content-length") != str(len(whole)):
                yield f"the length of the content is {len(whole)}"
            if asked.tag == answer.headers["etag"]:
                yield "the client has it already: 304 is due"
    vary = answer.headers.get("vary", "").lower()
    if answer.status != 416 and any(name not in vary for name in sort.vary):
        yield f"Vary should name {', '.join(sort.vary)}"


def _part(asked: Asked, question: Question, answer: Answer, whole: bytes) -> Iterator[str]:
    """The bytes that `Content-Range` names, which are those that were asked for."""
    found = _PART.fullmatch(answer.headers.get("content-range", ""))
    if found is None or asked.part is None:
        yield "a part was not asked for, or is not named"
        return
    first, last, length = map(int, found.groups())
    if length != len(whole) or (first, last) != part_of(asked.part, len(whole)):
        yield f"the part should be {part_of(asked.part, len(whole))} of {len(whole)}"
    yield from expect_content(question, answer, whole[first : last + 1])


def part_of(field: str, length: int) -> tuple[int, int] | None:
    """First and last byte of a range of ours: `bytes=10-19`, `bytes=10-`, `bytes=-10`; None for no such part."""
    first, _, last = field.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, length - int(last)), length - 1
    if int(first) >= length:
        return None
    return int(first), min(int(last), length - 1) if last else length - 1
