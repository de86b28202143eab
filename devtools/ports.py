"""TCP ports, as options name them and as this machine has them free."""

import argparse
import random
import socket

LAST_PORT = 65_535

UNASKED = range(20_000, 32_768)
"""Ports that no system gives to a program that names none: Linux begins at 32,768, macOS and Windows at 49,152."""


def port(text: str) -> int:
    """The value of a `--port`, where 0 takes one that is free. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal()) or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: write a number from 0 (any that is free) to {LAST_PORT}")
    return int(text)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    address = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on at the moment, for a program that starts later.

    It is none of those by which the system itself lets clients call and servers listen: with a few of them starting at
    once, one was there before the program was. Raises OSError when all are taken.
    """
    for port in random.sample(UNASKED, len(UNASKED)):
        if is_free(host, port):
            return port
    raise OSError(f"every port of {host} from {UNASKED.start} to {UNASKED.stop - 1} is taken")
