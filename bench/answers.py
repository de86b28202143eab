"""Whether the contenders give the same answers: looked at before anything is timed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bench.cases import Case

MOST_COMPARED = 200
"""Of a case with more requests than this, every so many-th is compared."""


class DifferentAnswers(Exception):
    """A contender does another job than the rest; its figures would mean nothing."""


@dataclass(frozen=True)
class Given:
    """What is compared of one answer."""

    status: int
    content: Any


def given(case: Case, status: int, content: bytes) -> Given:
    """The part of an answer that has to be equal: for JSON the members the case names, else every byte."""
    if not case.compared:
        return Given(status, content)
    document = json.loads(content)
    return Given(status, {name: document.get(name) for name in case.compared})


def differences(case: Case, answers: Mapping[str, Given]) -> list[str]:
    """What is wrong with the answers to one request, by contender: no two may differ, nor the status be another."""
    reference_name, reference = next(iter(answers.items()))
    faults = [
        f"{case.name}: {name} answers {answer.status} where {case.status} is due: {_short(answer.content)}"
        for name, answer in answers.items()
        if answer.status != case.status
    ]
    return faults or [
        f"{case.name}: {name} says {_short(answer.content)} where {reference_name} says {_short(reference.content)}"
        for name, answer in answers.items()
        if answer.content != reference.content
    ]


def sample(messages: Sequence[str]) -> Sequence[str]:
    """All of a few, some of many."""
    return messages if len(messages) <= MOST_COMPARED else messages[:: len(messages) // 20]


def check(case: Case, messages: Sequence[str], urls: Mapping[str, str]) -> None:
    """Ask every contender the same, and compare. Raises DifferentAnswers."""
    faults: list[str] = []
    with httpx.Client(timeout=30) as client:
        for path, headers in map(_parsed, sample(messages)):
            answers = {name: _ask(client, case, url + path, headers) for name, url in urls.items()}
            faults += differences(case, answers)
    if faults:
        raise DifferentAnswers("\n".join(faults[:5]))


def _ask(client: httpx.Client, case: Case, url: str, headers: Mapping[str, str]) -> Given:
    response = client.get(url, headers={**headers, "accept-encoding": "identity"})
    try:
        return given(case, response.status_code, response.content)
    except ValueError:
        return Given(response.status_code, response.content)


def _parsed(message: str) -> tuple[str, dict[str, str]]:
    """Path and fields of a message of `load.message`."""
    request_line, *lines = message.rstrip("\r\n").split("\r\n")
    fields: Iterator[tuple[str, str]] = (tuple(line.split(": ", 1)) for line in lines)  # type: ignore[misc]
    return request_line.split(" ")[1], {name: value for name, value in fields if name != "host"}


def _short(content: Any) -> str:
    return repr(content)[:200]
