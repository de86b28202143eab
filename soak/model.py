"""What is wrong with an answer: the rules that hold for every one, and the pieces that questions make theirs of.

Pure: an answer and what is known in, complaints out, as sentences. No complaint means right.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from soak.exchanges import Answer, Question
from soak.faults import Fault

PROBLEM: Final = "application/problem+json"
HOP_BY_HOP: Final = ("keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "upgrade", "alt-svc")
REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that may be sent twice (RFC 9110 section 9.2.2)."""

_MEMBER: Final = re.compile(r'\s*;\s*([a-z-]+)(?:=("[^"]*"|[^;,\s]+))?')


def complaints(question: Question, answer: Answer) -> list[str]:
    """Everything that is wrong with the answer to `question`."""
    if question.hang_up is not None:
        return []
    if (
        not answer.status
    ):  # a content that breaks off at once can take the head with it, which the platform had not sent
        return [] if question.fault.breaks else [f"no answer: {answer.trouble}"]
    found = list(_general(question, answer))
    if is_overdue(answer):
        return found
    try:
        found += question.check(question, answer)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        found.append(f"the answer cannot be read: {type(error).__name__}: {error}")
    return found


def is_overdue(answer: Answer) -> bool:
    """Whether the gateway gave up on an origin after as long as it may wait: no wrong answer, but a slow machine."""
    return answer.status == 504 and answer.was_late and code_of(answer) in ("origin_timeout", "")


def _general(question: Question, answer: Answer) -> Iterator[str]:
    """What holds for every answer."""
    if answer.headers.get("x-request-id") != question.id:
        yield f"x-request-id should be {question.id}"
    for name in HOP_BY_HOP:
        if name in answer.headers and answer.status != 101:
            yield f"{name} is of another connection"
    if not answer.complete and answer.status != 101 and not question.fault.breaks:
        yield f"the answer breaks off: {answer.trouble}"
    if answer.headers.get("content-type") == PROBLEM and question.method != "HEAD":
        yield from _problem(question, answer)


def _problem(question: Question, answer: Answer) -> Iterator[str]:
    problem = json.loads(answer.content)
    if problem.get("request_id") != question.id:
        yield f"the problem's request_id should be {question.id}"
    if problem.get("status") != answer.status:
        yield f"the problem's status should be {answer.status}"
    if answer.headers.get("cache-control") != "no-store":
        yield "a problem should be no-store"
    if answer.headers.get("x-content-type-options") != "nosniff":
        yield "a problem should be nosniff"


def code_of(answer: Answer) -> str:
    """The `code` of a problem; empty when it is none, or when HEAD left it out."""
    if answer.headers.get("content-type") != PROBLEM or not answer.content:
        return ""
    code: str = json.loads(answer.content).get("code", "")
    return code


def expect_status(answer: Answer, status: int, code: str = "", *, reason: str = "") -> Iterator[str]:
    """One status, and of a problem its code and reason."""
    if answer.status != status:
        yield f"the status should be {status}"
    elif code and answer.content and (code_of(answer) != code):
        yield f"the code should be {code}"
    elif reason and answer.content and json.loads(answer.content).get("reason") != reason:
        yield f"the reason should be {reason}"


def expect_fields(answer: Answer, **fields: str) -> Iterator[str]:
    """Response fields and their exact values; `_` in a name stands for `-`."""
    for name, value in fields.items():
        if answer.headers.get(name.replace("_", "-")) != value:
            yield f"{name.replace('_', '-')} should be {value!r}"


def expect_json(answer: Answer, expected: Any) -> Iterator[str]:
    """A JSON content that is equal to `expected`."""
    if json.loads(answer.content) != expected:
        yield f"the content should be {json.dumps(expected, ensure_ascii=False)}"


def expect_content(question: Question, answer: Answer, content: bytes) -> Iterator[str]:
    """Exactly these bytes, or none for HEAD."""
    if question.method == "HEAD":
        content = b""
    if answer.content != content:
        yield f"the content should be {len(content)} bytes: {content[:300]!r}"


def is_repeatable(question: Question) -> bool:
    """Whether the gateway may try a second time. Content that streams through it can be sent but once."""
    return question.method in REPEATABLE and question.content is None


def comes_through(question: Question) -> bool:
    """Whether an origin that is asked answers this question well in the end."""
    fault = question.fault
    return not fault.fails or (fault.once and is_repeatable(question))


def is_the_faults(question: Question, answer: Answer) -> bool:
    """Whether the answer is what the fault asked for leads to, when nothing better is at hand."""
    fault = question.fault
    if comes_through(question):
        return False
    if fault.breaks:
        return answer.status in (200, 206) and (not answer.complete or question.method == "HEAD")
    return answer.status == fault.status and (question.method == "HEAD" or _says_so(fault, answer))


def _says_so(fault: Fault, answer: Answer) -> bool:
    """The gateway's own code, or the origin's own words."""
    if fault.code:
        return code_of(answer) == fault.code
    return answer.content == error_content(fault)


def error_content(fault: Fault) -> bytes:
    """What the origin says with an error."""
    return json.dumps({"origin": fault.name}).encode()


def uncached(question: Question, answer: Answer, good: Iterable[str]) -> Iterable[str]:
    """The complaints of a question that always goes to the origin: `good` are those if it answers well."""
    if comes_through(question):
        return good
    if is_the_faults(question, answer):
        return []
    return [f"the origin's fault {question.fault.name!r} should show: {question.fault.status} {question.fault.code}"]


def cache_status(answer: Answer) -> dict[str, str]:
    """The gateway's own member of `Cache-Status` (RFC 9211) as parameters: `{"hit": "", "ttl": "3"}`."""
    own = answer.headers.get("cache-status", "").rpartition("gatehouse")[2]
    return {name: value.strip('"') for name, value in _MEMBER.findall(own)}
