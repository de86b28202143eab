"""The origin: a process of its own on two sockets, which answers as `content.py` says and fails as it is told.

Its first line of standard input is the setup as JSON (`Setup`); it prints the two ports as JSON, and, once standard
input ends, how often each fault was committed. Of its two sockets one is well but for the faults that requests ask for,
the other drops every connection for some seconds of each minute.
"""

import asyncio
import contextlib
import hashlib
import json
import socket
import struct
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import gatehouse_verifier as gateway

from soak import faults, frames
from soak.cached import part_of
from soak.content import SORTS, Resource, content, entity_tag, filled, spelt_variant
from soak.faults import Fault
from soak.letters import CACHING, letter, varies
from soak.model import error_content
from soak.schedule import KEYS_FRESH, Mood, Schedule, key_id

PATIENCE: Final = 30.0
"""Seconds that a hanging answer hangs at most."""
SLOW: Final = 0.4
DRIPS: Final = 5
DRIP: Final = 0.05
"""Seconds of a slow answer, pieces of a dripping one, and seconds between these."""
TRIES_REMEMBERED: Final = 5000
PIECE: Final = 32 * 1024

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Setup:
    """What the origin is told at its start."""

    began: float
    keys: Sequence[Mapping[str, str]]
    """The provider's public keys without their ids, used in turn."""
    secret: str
    """Shared with the gateway, which signs for some routes."""


@dataclass(slots=True)
class Asked:
    """A request as it arrived. Field names are lower-case; a repeated one is joined."""

    method: str
    target: str
    fields: dict[str, str]
    content: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def caller(self) -> str:
        """Issuer and id of the caller that the gateway vouches for."""
        return f"{unquote(self.fields.get('x-user-issuer', ''))}|{unquote(self.fields.get('x-user-id', ''))}"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer before it is put on the wire."""

    status: int
    fields: Fields = field(default_factory=dict)
    content: bytes = b""
    chunked: bool = False


class UsedNonces:
    """One process has all of the origin, so its memory is enough."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def is_new(self, nonce: str, until: int) -> bool:
        was_known = nonce in self._known
        self._known.add(nonce)
        return not was_known


class Hung(Exception):
    """The other side has gone, or must be left waiting."""


class Origin:
    """Both sockets' answers, the documents, and the counts."""

    def __init__(self, setup: Setup) -> None:
        self.committed: Counter[str] = Counter()
        self._schedule = Schedule(setup.began)
        self._keys = setup.keys
        self._secret = setup.secret
        self._verifier: gateway.GatewayVerifier | None = None
        self._documents: dict[int, tuple[int, bytes]] = {}
        self._tries: OrderedDict[str, int] = OrderedDict()

    def is_at(self, hosts: Sequence[str]) -> None:
        """What the gateway signs is signed for one of these."""
        self._verifier = gateway.GatewayVerifier([self._secret], hosts=hosts, nonces=UsedNonces())

    async def well(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection to the socket that is well."""
        await self._serve(reader, writer, brittle=False)

    async def brittle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection to the socket that has outages."""
        await self._serve(reader, writer, brittle=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, brittle: bool) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, Hung):
            while True:
                asked = await read_request(reader)
                if brittle and self._schedule.is_out(time.time()):
                    self.committed["outage"] += 1
                    break
                if asked.fields.get("upgrade") == "websocket":
                    await talk(asked, reader, writer)
                    break
                await self._answer(asked, reader, writer)
        reset(writer)

    async def _answer(self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, or fail as it is asked for. Raises Hung when the connection is of no more use."""
        if asked.path == "/keys":
            await self._provide(reader, writer)
            return
        fault = self._fault_of(asked)
        said = self._said(asked, time.time())
        if fault.fails or fault.name:
            self.committed[fault.name] += 1
            said = await commit(fault, said, asked, reader, writer)
        await send(writer, said, with_content=asked.method != "HEAD", drip=fault.name == "drip")

    def _fault_of(self, asked: Asked) -> Fault:
        """The fault that is due at this try of the request."""
        fault = faults.fault(asked.fields.get(faults.FIELD, ""))
        if not fault.once:
            return fault
        name = asked.fields.get("x-request-id", "")
        self._tries[name] = self._tries.get(name, 0) + 1
        if len(self._tries) > TRIES_REMEMBERED:
            self._tries.popitem(last=False)
        return fault if self._tries[name] == 1 else faults.NONE

    def _said(self, asked: Asked, now: float) -> Said:
        _, place, *rest = asked.path.split("/")
        match place:
            case "public" | "mine" | "team" | "brittle":
                return resource_answer(asked, resource_of(asked, place, rest), now)
            case "documents":
                return self._document(asked, int(rest[0]))
            case "stream":
                return Said(200, {"cache-control": "no-store"}, filled(f"{asked.path}\n".encode(), int(rest[0])), True)
            case "mirror":
                return Said(200, {"content-type": "application/octet-stream"}, asked.content)
            case "echo":
                return self._echo(asked, now)
        return told({"target": asked.target, "fields": asked.fields})

    def _echo(self, asked: Asked, now: float) -> Said:
        path, _, query = asked.target.partition("?")
        received = gateway.Received(asked.method, asked.fields["host"], path, query, asked.fields, asked.content)
        assert self._verifier is not None
        try:
            self._verifier.verify(received, now)
            signed = True
        except gateway.Refused:
            signed = False
        digest = hashlib.sha256(asked.content).hexdigest()
        user = unquote(asked.fields.get("x-user-id", ""))
        return told({"sha256": digest, "length": len(asked.content), "user": user, "signed": signed})

    def _document(self, asked: Asked, number: int) -> Said:
        count, held = self._documents.get(number, (0, letter(number, "")))
        if asked.method == "PUT":
            self._documents[number] = (count + 1, asked.content)
            return told({"number": count + 1})
        fields = {**CACHING, "etag": entity_tag(held, count), "content-type": "text/plain"}
        if varies(number):
            fields["vary"] = "Accept-Language"
        if asked.fields.get("if-none-match") == fields["etag"]:
            return Said(304, fields)
        return Said(200, fields, held)

    async def _provide(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The key set, in the mood of the moment."""
        now = time.time()
        mood: Mood = self._schedule.mood(now)
        if mood != "well":
            self.committed[f"keys {mood}"] += 1
        if mood == "hang":
            await wait_for_hang_up(reader)
        if mood == "drop":
            raise Hung
        if mood == "error":
            await send(writer, Said(500, {}, b"out of order"), with_content=True, drip=False)
            return
        numbers = self._schedule.published(now)
        keys = [{**self._keys[number % len(self._keys)], "kid": key_id(number)} for number in numbers]
        fields = {"content-type": "application/json", "cache-control": f"max-age={KEYS_FRESH}"}
        await send(writer, Said(200, fields, json.dumps({"keys": keys}).encode()), with_content=True, drip=False)


def told(value: Any) -> Said:
    return Said(200, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(value).encode())


# --- resources --------------------------------------------------------------------------------------------------------


def resource_of(asked: Asked, place: str, rest: list[str]) -> Resource:
    """The resource that a request selects, for the caller that the gateway vouches for."""
    sort, number = rest[0], int(rest[1])
    caller = ""
    if place == "mine":
        caller = asked.caller
    elif place == "team":
        roles = sorted(unquote(role) for role in asked.fields.get("x-user-role", "").split(","))
        caller = f"{unquote(asked.fields.get('x-user-issuer', ''))}|{','.join(roles)}"
    variant = tuple((name, spelt_variant(name, asked.fields.get(name))) for name in SORTS[sort].vary)
    return Resource(place, sort, number, caller, variant)


def resource_answer(asked: Asked, resource: Resource, now: float) -> Said:
    """The version of this moment: whole, a part, or 304."""
    version = resource.version(now)
    whole = content(resource, version)
    fields = {
        **SORTS[resource.sort].caching,
        "etag": entity_tag(whole, version),
        "cache-tag": ", ".join(resource.tags),
        "content-type": "text/plain",
    }
    if asked.fields.get("if-none-match") == fields["etag"]:
        return Said(304, fields)
    if asked.method == "GET" and (wanted := asked.fields.get("range")):
        part = part_of(wanted, len(whole))
        if part is None:
            return Said(416, {**fields, "content-range": f"bytes */{len(whole)}"})
        first, last = part
        return Said(206, {**fields, "content-range": f"bytes {first}-{last}/{len(whole)}"}, whole[first : last + 1])
    return Said(200, fields, whole)


# --- the wire ---------------------------------------------------------------------------------------------------------


async def read_request(reader: asyncio.StreamReader) -> Asked:
    """One request with its content. Raises IncompleteReadError when there is none."""
    head = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1")
    line, *lines = head.split("\r\n")
    method, target, _ = line.split(" ", 2)
    asked = Asked(method, target, {})
    for text in lines:
        name, _, value = text.partition(":")
        name, value = name.lower(), value.strip()
        asked.fields[name] = f"{asked.fields[name]}, {value}" if name in asked.fields else value
    if "chunked" in asked.fields.get("transfer-encoding", ""):
        pieces = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            pieces.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        asked.content = b"".join(pieces)
    else:
        asked.content = await reader.readexactly(int(asked.fields.get("content-length", "0")))
    return asked


def head_of(said: Said) -> bytes:
    lines = [f"HTTP/1.1 {said.status} Because", *(f"{name}: {value}" for name, value in said.fields.items())]
    if said.chunked:
        lines.append("transfer-encoding: chunked")
    elif said.status != 304:
        lines.append(f"content-length: {len(said.content)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def send(writer: asyncio.StreamWriter, said: Said, *, with_content: bool, drip: bool) -> None:
    writer.write(head_of(said))
    content = said.content if with_content and said.status != 304 else b""
    size = len(content) // DRIPS + 1 if drip else PIECE
    for at in range(0, len(content), size):
        piece = content[at : at + size]
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if said.chunked else piece)
        await writer.drain()
        if drip:
            await asyncio.sleep(DRIP)
    if said.chunked and with_content:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


async def wait_for_hang_up(reader: asyncio.StreamReader) -> None:
    """Say nothing until the other side is gone. Raises Hung."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while await reader.read(PIECE):
                pass
    raise Hung


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def commit(
    fault: Fault, said: Said, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Said:
    """Fail as asked: what is still to be answered, if anything is. Raises Hung when nothing more may be said."""
    match fault.name:
        case "reset" | "reset-once":
            raise Hung
        case "garbage":
            writer.write(b"220 smtp.example ESMTP ready\r\n\r\n")
            await close(writer)
        case "hang":
            await wait_for_hang_up(reader)
        case "error" | "busy" | "busy-once":
            return Said(fault.status, {"content-type": "application/json"}, error_content(fault))
        case "slow":
            await asyncio.sleep(SLOW)
        case "cut" | "cut-reset" if asked.method != "HEAD" and said.status in (200, 206):
            writer.write(head_of(said) + said.content[: len(said.content) // 2])
            await writer.drain()
            if fault.name == "cut":
                await close(writer)
            await asyncio.sleep(DRIP)
            raise Hung
    return said


async def close(writer: asyncio.StreamWriter) -> None:
    """Close in order, with FIN. Raises Hung."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    raise Hung


async def talk(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A WebSocket: say who is there, and repeat every message."""
    accept = frames.accepted(asked.fields["sec-websocket-key"])
    lines = ("HTTP/1.1 101 Switching", "upgrade: websocket", "connection: upgrade", f"sec-websocket-accept: {accept}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    writer.write(frames.frame(frames.TEXT, asked.caller.encode(), masked=False))
    while True:
        kind, mask_size, size = frames.lengths(await reader.readexactly(frames.HEAD))
        mask = await reader.readexactly(mask_size)
        message = await reader.readexactly(size)
        message = frames.unmasked(message, mask) if mask else message
        writer.write(frames.frame(kind, message, masked=False))
        await writer.drain()
        if kind == frames.CLOSE:
            await close(writer)


# --- the process ------------------------------------------------------------------------------------------------------


async def main() -> None:
    loop = asyncio.get_running_loop()
    origin = Origin(Setup(**json.loads(sys.stdin.readline())))
    limit = 256 * 1024
    well = await asyncio.start_server(origin.well, "127.0.0.1", 0, limit=limit, backlog=512)
    brittle = await asyncio.start_server(origin.brittle, "127.0.0.1", 0, limit=limit, backlog=512)
    ports = [server.sockets[0].getsockname()[1] for server in (well, brittle)]
    origin.is_at([f"127.0.0.1:{port}" for port in ports])
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(origin.committed), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
