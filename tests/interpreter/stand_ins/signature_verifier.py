"""`tests.unit.identity.cryptography_verifier` on Node's cryptography: Pyodide has no `cryptography`."""

import json
from collections.abc import Mapping
from typing import Any

import _node_crypto
from pyodide.ffi import JsException, to_js


async def verify(algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
    """Raises ValueError for a key that is none."""
    try:
        key = _node_crypto.importKey(json.dumps(dict(jwk)))
    except JsException as error:
        raise ValueError(error.message) from None
    return bool(_node_crypto.verify(key, algorithm, to_js(signature), to_js(signing_input)))
