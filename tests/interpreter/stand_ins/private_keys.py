"""`tests.private_keys` on Node's cryptography: Pyodide has no `cryptography`."""

import json
from typing import Any

import _node_crypto
from pyodide.ffi import to_js

PrivateKey = Any


def generate(algorithm: str, bits: int) -> PrivateKey:
    return _node_crypto.generate(algorithm, bits)


def sign(private: PrivateKey, algorithm: str, signing_input: bytes) -> bytes:
    signature: bytes = _node_crypto.sign(private, algorithm, to_js(signing_input)).to_bytes()
    return signature


def public_parameters(private: PrivateKey) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(_node_crypto.publicParameters(private))
    return members
