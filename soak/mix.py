"""The mix: what is asked how often. A table first, and the hand that draws from it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from soak.exchanges import Question
from soak.faults import FAULTS, TIMEOUT
from soak.questions import callers, contents, documents, plain, purges, resources, revocations, visitors
from soak.world import World

Ask = Callable[[World, float], Question]

MIX: Final[tuple[tuple[Ask, float, bool], ...]] = (
    # what is asked, its share in percent, and whether the origin may be asked to fail
    (visitors.visitor_geo, 12, False),
    (visitors.country_geo, 3, False),
    (visitors.save_preferences, 1, False),
    (callers.me, 14, True),
    (callers.maybe, 3, True),
    (callers.admin, 3, True),
    (callers.refused, 5.5, False),
    (callers.whoami, 2, False),
    (callers.turning_keys, 2, False),
    (resources.public, 20, True),
    (resources.of_one_user, 8, True),
    (resources.of_one_role, 3, True),
    (resources.strange, 3, True),
    (resources.brittle, 2, False),
    (documents.read, 5, True),
    (documents.write, 2, True),
    (purges.purge, 0.5, False),
    (revocations.dismiss, 0.1, False),
    (revocations.dismissed, 0.4, False),
    (contents.signed_echo, 2, True),
    (contents.mirrored, 2, True),
    (contents.too_long, 0.5, False),
    (contents.streamed, 1, True),
    (contents.hung_up, 1, False),
    (contents.conversation, 0.5, False),
    (plain.health, 0.5, False),
    (plain.readiness, 0.5, False),
    (plain.description, 0.2, False),
    (plain.nowhere, 1, False),
    (plain.ambiguous, 2, False),
    (plain.not_allowed, 0.5, False),
    (plain.preflight, 1, False),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Whether the origin may be asked to fail this one."""

    ask: Ask
    takes_fault: bool


class Mix:
    """Draws questions for a world, one after the other, each with an id of its own."""

    def __init__(self, world: World, faults: float) -> None:
        """`faults` is the share of all questions that ask the origin to fail."""
        self._world = world
        self._numbers = itertools.count(1)
        self._drawn = [Drawn(ask, takes_fault) for ask, _, takes_fault in MIX]
        self._weights = list(itertools.accumulate(share for _, share, _ in MIX))
        taking = sum(share for _, share, takes_fault in MIX if takes_fault)
        self._chance = faults * self._weights[-1] / taking
        self._faults = list(FAULTS.values())
        self._brief = [fault for fault in self._faults if fault.name != "hang"]

    def question(self, now: float, left: float) -> Question:
        """The next one, to be sent at once: what it expects depends on what was acknowledged by now.

        The next pause is `left` seconds away, and nobody is left hanging then.
        """
        chance = self._world.random
        drawn = chance.choices(self._drawn, cum_weights=self._weights)[0]
        question = drawn.ask(self._world, now)
        question.id = f"soak-{next(self._numbers)}"
        if drawn.takes_fault and chance.random() < self._chance:
            question.fault = chance.choice(self._faults if left > TIMEOUT else self._brief)
        return question
