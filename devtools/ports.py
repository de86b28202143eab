"""TCP ports, as options name them and as this machine has them free."""

import argparse
import socket

LAST_PORT = 65_535


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
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        found: int = probe.getsockname()[1]
        return found
