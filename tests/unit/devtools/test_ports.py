"""Ports for programs that start later."""

import socket

import pytest

from devtools import ports


def test_a_free_port_is_none_that_systems_give_to_who_names_none() -> None:
    assert ports.free_port() in ports.UNASKED


def test_a_taken_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", ports.free_port()))
        server.listen()
        taken = server.getsockname()[1]
        assert not ports.is_free("127.0.0.1", taken)
        monkeypatch.setattr(ports, "UNASKED", range(taken, taken + 1))
        with pytest.raises(OSError, match=f"from {taken} to {taken} is taken"):
            ports.free_port()
