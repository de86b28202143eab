"""`ports.SignatureVerifier` over WebCrypto."""

from collections.abc import Mapping
from typing import Any, Final

import js
from pyodide.ffi import JsException, to_js

from edge.bridge import bridge
from edge.promises import asking

PUBLIC_MEMBERS: Final = ("kty", "crv", "n", "e", "x", "y")
"""The members of a JWK that make up a public key (RFC 7517, RFC 7518 section 6, RFC 8037)."""

SIGNATURES: Final[Mapping[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    **{f"RS{n}": ({"name": "RSASSA-PKCS1-v1_5", "hash": f"SHA-{n}"}, {"name": "RSASSA-PKCS1-v1_5"})
       for n in (256, 384, 512)},
    **{f"PS{n}": ({"name": "RSA-PSS", "hash": f"SHA-{n}"}, {"name": "RSA-PSS", "saltLength": n // 8})
       for n in (256, 384, 512)},
    **{f"ES{n}": ({"name": "ECDSA", "namedCurve": curve}, {"name": "ECDSA", "hash": f"SHA-{n}"})
       for n, curve in ((256, "P-256"), (384, "P-384"), (512, "P-521"))},
    "EdDSA": ({"name": "Ed25519"}, {"name": "Ed25519"}),
}  # fmt: skip
"""JWS algorithm (RFC 7518 section 3.1, RFC 8037) -> WebCrypto parameters of `importKey` and of `verify`."""

IMPORTED_KEYS: Final = 256
"""Most keys kept imported; beyond that the oldest is imported again when it is needed."""


class WebCrypto:
    """`ports.SignatureVerifier` over WebCrypto. Each key is imported once per isolate.

    Make it inside a request: it holds functions of JavaScript.
    """

    def __init__(self) -> None:
        subtle = js.crypto.subtle
        self._import = asking(subtle.importKey, subtle)
        self._verify = asking(subtle.verify, subtle)
        self._imported: dict[tuple[str | None, ...], tuple[Any, Any]] = {}
        """Algorithm and public members -> the parameters of `verify` and the key, as JavaScript values."""

    async def __call__(self, algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
        identity = (algorithm, *map(jwk.get, PUBLIC_MEMBERS))
        imported = self._imported.get(identity)
        if imported is None:
            imported = await self._import_key(algorithm, jwk)
            if len(self._imported) >= IMPORTED_KEYS:
                del self._imported[next(iter(self._imported))]
            self._imported[identity] = imported
        try:
            return bool(await self._verify(*imported, to_js(signature), to_js(signing_input)))
        except JsException:  # what workerd makes of an Ed25519 signature of wrong length
            return False

    async def _import_key(self, algorithm: str, jwk: Mapping[str, Any]) -> tuple[Any, Any]:
        """The parameters of `verify` and the key. Raises ValueError."""
        importing, verifying = SIGNATURES[algorithm]
        public = {name: jwk[name] for name in PUBLIC_MEMBERS if name in jwk}
        to = bridge()
        try:
            key = await self._import(
                "jwk", to.to_object(public), to.to_object(importing), False, to.to_object(["verify"])
            )
        except JsException as error:
            raise ValueError(error.message) from None
        return to.to_object(verifying), key
