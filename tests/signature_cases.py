"""Signatures and whether they are valid: run against every implementation of `ports.SignatureVerifier`.

The published examples of RFC 7515 appendix A and RFC 8037 appendix A, and for every algorithm a key made on the spot:
its own signature, one over something else, one with a bit turned over, and another key's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core import base64url
from identity.jose import ASYMMETRIC, canonical_algorithm
from identity.publickeys import read_key
from tests.signing_keys import SigningKey


@dataclass(frozen=True)
class SignatureCase:
    name: str
    algorithm: str
    jwk: Mapping[str, Any]
    """As `PublicKey.jwk` has it."""
    signature: bytes
    signing_input: bytes
    valid: bool


RFC7515_PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

RFC_EXAMPLES = {
    "RFC 7515 A.2": (
        {
            "kty": "RSA",
            "n": (
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT"
                "-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQ"
                "OS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj"
                "8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
            ),
            "e": "AQAB",
        },
        "RS256",
        f"eyJhbGciOiJSUzI1NiJ9.{RFC7515_PAYLOAD}",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr"
        "7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
        "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy"
        "pGlUPQGe77Rw",
    ),
    "RFC 7515 A.3": (
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        "ES256",
        f"eyJhbGciOiJFUzI1NiJ9.{RFC7515_PAYLOAD}",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
    "RFC 7515 A.4": (
        {
            "kty": "EC",
            "crv": "P-521",
            "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
            "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
        },
        "ES512",
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJ"
        "ZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    ),
    "RFC 8037 A.5": (
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        "EdDSA",
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    ),
}


def signature_cases() -> Iterator[SignatureCase]:
    """Every case; the keys that are made are made once per process."""
    for name, (jwk, algorithm, signing_input, signature) in RFC_EXAMPLES.items():
        raw, text = base64url.decode(signature), signing_input.encode()
        yield SignatureCase(name, algorithm, jwk, raw, text, True)
        yield SignatureCase(f"{name}, altered input", algorithm, jwk, raw, text + b"x", False)
    for algorithm in dict.fromkeys(map(canonical_algorithm, ASYMMETRIC)):
        yield from _generated(algorithm)


def _generated(algorithm: str) -> Iterator[SignatureCase]:
    kind = "RSA" if algorithm.startswith(("RS", "PS")) else algorithm
    key, other = (SigningKey(algorithm, SigningKey.generate(kind, name).private) for name in ("case", "other"))
    jwk = read_key(key.public_jwk, [algorithm]).jwk
    text = b"eyJhbGciOiJub25lIn0.e30"
    signature = key.sign(text)
    turned = bytes([signature[0] ^ 1]) + signature[1:]
    for name, given, expected in (
        ("own signature", signature, True),
        ("turned bit", turned, False),
        ("other input", key.sign(text + b"x"), False),
        ("other key", other.sign(text), False),
        ("all zero", bytes(len(signature)), False),
        ("empty", b"", False),
    ):
        yield SignatureCase(f"{algorithm}, {name}", algorithm, jwk, given, text, expected)
