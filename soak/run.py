"""The run: clients that ask without a pause, a look at memory now and then, and what comes of it all.

warm-up        the caches of the isolate are filled to the brim with what nobody asks for twice
mixed traffic  every so often all clients wait until nothing is under way, memory is sampled, and they go on
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from bench import processes
from devtools.paths import SOURCES
from devtools.runtime.memory import memory_of
from devtools.runtime.runner import Gateway, RunnerError
from soak.client import Connection
from soak.exchanges import Answer, Question
from soak.log_lines import LogLines
from soak.memory import Sample
from soak.mix import Mix
from soak.model import complaints
from soak.report import WRONG_SHOWN, Tally, in_full
from soak.rooms.party import Parties
from soak.warm_up import fill
from soak.world import World

MOST_SAMPLES: Final = 60
SHORTEST_SPAN: Final = 1.5
"""Seconds between two samples, at least."""
MOST_WRONG: Final = 1_000
"""Wrong answers after which nothing more can be learnt."""
LOG_INTERVAL: Final = 0.5
SETTLE: Final = 10.0
"""Seconds that work behind the clients' backs may take once all are answered."""
KV_DELAY: Final = 400
"""Milliseconds: longer than the cache waits for the store."""
METHODS: Final = ("get", "getWithMetadata", "put", "delete", "list")
KV_FAULTS: Final[tuple[Mapping[str, Mapping[str, object]], ...]] = (
    {method: {"fail": f"KV {method.upper()} failed: 500"} for method in METHODS},
    {method: {"delay": KV_DELAY} for method in METHODS},
)
"""How calls to the key-value store fail, in turn."""


@dataclass(frozen=True)
class Options:
    """What is run."""

    minutes: float = 10.0
    connections: int = 64
    faults: float = 0.02
    """Share of questions whose origin is asked to fail, and of calls to the store that fail or are slow."""
    seed: int = 0
    source: Path = SOURCES


@dataclass
class Soak:
    """One run against a gateway that has been started."""

    options: Options
    gateway: Gateway
    workerd: int
    """Its process."""
    world: World
    mix: Mix
    log: LogLines
    say: Callable[[str], None]
    tally: Tally = field(default_factory=Tally)
    samples: list[Sample] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.gateway.url)
        self._connections = [Connection(parts.hostname or "", parts.port or 0) for _ in range(self.options.connections)]
        follower = Connection(parts.hostname or "", parts.port or 0)
        self._parties = Parties(
            self.world, self.log, (parts.hostname or "", parts.port or 0), partial(self._put, follower)
        )

    async def run(self) -> None:
        """Warm up, ask for so many minutes, and let the log come to its end."""
        async with self._listening():
            began = time.monotonic()
            await self._ask(fill(self.world, time.time()))
            self.say(f"warmed up in {time.monotonic() - began:.0f} s")
            began = time.monotonic()
            try:
                await self._soak(began + self.options.minutes * 60)
            finally:
                self.seconds = time.monotonic() - began

    async def _soak(self, until: float) -> None:
        """Mixed traffic until then, with a look at memory at equal distances."""
        span = max(SHORTEST_SPAN, self.options.minutes * 60 / MOST_SAMPLES)
        while (left := until - time.monotonic()) > 0 and self.tally.wrong < MOST_WRONG:
            self._inject(KV_FAULTS[len(self.samples) % len(KV_FAULTS)])
            stops = time.monotonic() + min(span, left)
            await asyncio.gather(self._ask(self._mixed(stops)), self._celebrate(stops))
            self._inject({})
            self.samples.append(await self._sample())
            passed = self.options.minutes * 60 - (until - time.monotonic())
            last = self.samples[-1]
            waiting = f", and {', '.join(last.waiting)} waits" if last.waiting else ""
            self.say(
                f"{passed:.0f} s: {last.requests} requests, {self.tally.wrong} wrong, {last.objects:,} objects,"
                f" {last.references:,} references{waiting}"
            )

    def _mixed(self, until: float) -> Iterator[Question]:
        while (left := until - time.monotonic()) > 0 and self.tally.wrong < MOST_WRONG:
            yield self.mix.question(time.time(), left)

    async def _ask(self, questions: Iterator[Question]) -> None:
        """Ask all of them, each connection as fast as it is answered; returns when nothing is under way any more."""

        async def client(connection: Connection) -> None:
            for question in questions:
                await self._put(connection, question)

        await asyncio.gather(*map(client, self._connections))

    async def _celebrate(self, until: float) -> None:
        """Parties in the rooms, one after the other; the last ends when it ends."""
        while time.monotonic() < until and self.tally.wrong < MOST_WRONG:
            happened, found = await self._parties.party(time.time)
            self.tally.celebrate(happened, found)
            for complaint in found if self.tally.wrong <= WRONG_SHOWN else ():
                self.say(f"WRONG (room): {complaint}")

    async def _put(self, connection: Connection, question: Question) -> Answer:
        """One question, its answer, and what is to be said about it."""
        answer = await connection.ask(question)
        found = complaints(question, answer)
        self.tally.count(question, answer, found)
        if question.hang_up is not None:
            self.log.forgive(question.id)
        elif answer.status:
            self.log.answered(question.id, answer.status)
        if found and self.tally.wrong <= WRONG_SHOWN:
            self.say(in_full(question, answer, found))
        return answer

    def _inject(self, faults: Mapping[str, Mapping[str, object]]) -> None:
        """Faults of the key-value store from now on."""
        share = self.options.faults
        self.world.stores_fail = bool(faults and share)
        self.gateway.kv_faults(**{method: {**fault, "share": share} for method, fault in faults.items() if share})

    # --- memory -------------------------------------------------------------------------------------------------------

    async def _sample(self) -> Sample:
        """The figures once nothing is under way any more, or as they are when that takes too long."""
        until = time.monotonic() + SETTLE
        while True:
            try:
                memory = await asyncio.to_thread(memory_of, self.gateway)
            except httpx.HTTPError as error:
                raise RunnerError(f"the gateway does not answer any more: {error}") from None
            if not memory.tasks or time.monotonic() > until:
                break
            await asyncio.sleep(0.1)
        return Sample(
            sum(self.tally.requests.values()),
            memory.objects,
            memory.references,
            memory.tasks,
            memory.allocated,
            memory.heap,
            processes.resident_bytes(self.workerd),
            memory.kinds,
            memory.waiting,
        )

    # --- log ----------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Read the log while the block runs, and its end, which comes a little later."""
        reader = asyncio.create_task(self._read_on())
        try:
            yield
        finally:
            reader.cancel()
            until = time.monotonic() + SETTLE
            self._read_log()
            while self.log.missing() and time.monotonic() < until:
                await asyncio.sleep(LOG_INTERVAL)
                self._read_log()

    async def _read_on(self) -> None:
        while True:
            await asyncio.sleep(LOG_INTERVAL)
            self._read_log()

    def _read_log(self) -> None:
        for level, text in self.gateway.take_output():
            self.log.wrote(level, text)
