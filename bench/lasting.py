"""`python -m bench.lasting`: what sockets and events cost, passed on by the platform alone and under terms.

A thousand sockets are open through one isolate at a time, messages go there and back over all of them, and when all are
closed the memory is looked at again, round after round: what a socket leaves behind shows in the last column. CPU is
that of the whole workerd process, so of both directions of a message and of both of its connections.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from bench import processes
from devtools.paths import SOURCES
from devtools.runtime.memory import Memory, measured, memory_of
from devtools.runtime.runner import Gateway, Runner

AT_ONCE: Final = 50
"""Handshakes under way together."""

EVENT: Final = b"id: 1\ndata: something has happened\n\n"
HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
)

TERMS: Final[dict[str, Any]] = {
    "platform": {},
    "terms": {"websocket": {"idle_s": 600, "lifetime_s": 3600}, "sse": {}},
}
"""Route -> what it says of what lasts."""


def main(argv: Sequence[str]) -> int:
    options = _options(argv)
    files = 8 * options.sockets + 256
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), hard))
    with tempfile.TemporaryDirectory() as folder, Runner() as runner:
        asyncio.run(_measure(runner, Path(folder), options))
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lasting", description=__doc__.partition("\n")[0])
    parser.add_argument("--sockets", type=int, default=1000, help="open at one time")
    parser.add_argument("--messages", type=int, default=20, help="over each of them, there and back")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=5000, help="over one stream")
    return parser.parse_args(argv)


async def _measure(runner: Runner, folder: Path, options: argparse.Namespace) -> None:
    async with AsyncExitStack() as stack:
        echo = await stack.enter_async_context(serve(_echo, "127.0.0.1", 0, compression=None, backlog=1024))
        events = await asyncio.start_server(lambda r, w: _events(r, w, options.events), "127.0.0.1", 0)
        stack.push_async_callback(events.wait_closed)
        stack.callback(events.close)
        routes = [
            {"path": f"/{name}/{kind}", "auth": "none", "origin": _url(server), "cache": False, **terms}
            for name, terms in TERMS.items()
            for kind, server in (("sockets", echo), ("events", events))
        ]
        before = processes.children(runner.pid)
        settings = measured(SOURCES, folder / "src") | {"vars": {"ROUTES": routes}}
        gateway = await asyncio.to_thread(lambda: runner.start(**settings))
        (pid,) = processes.children(runner.pid) - before
        for name in TERMS:
            print(f"{name}: sockets")
            for number in range(options.rounds):
                print(await _sockets(gateway, pid, name, options, warm=number > 0), flush=True)
        for name in TERMS:
            print(f"{name}: {await _stream(gateway, pid, name, options.events)}", flush=True)
        await asyncio.to_thread(gateway.stop)


async def _sockets(gateway: Gateway, pid: int, name: str, options: argparse.Namespace, *, warm: bool) -> str:
    """One round: open all, send over all, close all."""
    idle = await _memory(gateway)
    resident, cpu = processes.resident_bytes(pid), processes.cpu_seconds(pid)
    clients = await _opened(f"{gateway.url.replace('http', 'ws')}/{name}/sockets", options.sockets)
    opened = processes.cpu_seconds(pid) - cpu
    held, grown = await _memory(gateway), processes.resident_bytes(pid) - resident
    cpu = processes.cpu_seconds(pid)
    await asyncio.gather(*(_talk(client, options.messages) for client in clients))
    talked = processes.cpu_seconds(pid) - cpu
    await asyncio.gather(*(client.close() for client in clients))
    left = await _memory(gateway)
    count = options.sockets
    return (
        f"  opening {opened / count * 1e6:6.0f} µs   "
        f"a message there and back {talked / (count * options.messages) * 1e6:5.0f} µs   "
        f"open: {grown / count / 1024:6.1f} KiB resident, {(held.objects - idle.objects) / count:4.1f} objects, "
        f"{(held.references - idle.references) / count:4.1f} references, "
        f"{(held.allocated - idle.allocated) / count:6.0f} bytes of Python   "
        f"afterwards: {left.objects - idle.objects:+d} objects, {left.references - idle.references:+d} references, "
        f"{(left.allocated - idle.allocated) / 1024:+.0f} KiB" + ("" if warm else "   (first)")
    )


async def _memory(gateway: Gateway) -> Memory:
    return await asyncio.to_thread(memory_of, gateway)


async def _opened(url: str, count: int) -> list[ClientConnection]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one() -> ClientConnection:
        async with turn:
            return await connect(url, compression=None, proxy=None, open_timeout=60, ping_interval=None)

    return await asyncio.gather(*(one() for _ in range(count)))


async def _talk(client: ClientConnection, messages: int) -> None:
    for _ in range(messages):
        await client.send("a message of some forty characters, as in a chat")
        await client.recv()


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def _stream(gateway: Gateway, pid: int, name: str, count: int) -> str:
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    cpu = processes.cpu_seconds(pid)
    writer.write(f"GET /{name}/events HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\r\n".encode())
    heard = 0
    while heard < count:
        heard += (await reader.read(65536)).count(b"\n\n")
    used = processes.cpu_seconds(pid) - cpu
    writer.close()
    return f"an event {used / count * 1e6:.0f} µs"


async def _events(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> None:
    """Events one after the other, each in a piece of its own."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD)
    for _ in range(count):
        writer.write(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
        await writer.drain()
        await asyncio.sleep(0.001)
    writer.write(b"0\r\n\r\n")
    writer.close()


def _url(server: Any) -> str:
    host, port = server.sockets[0].getsockname()[:2]
    return f"http://{host}:{port}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
