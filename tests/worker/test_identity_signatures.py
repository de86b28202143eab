"""The real WebCrypto gives the verdicts that the unit tests' verifier gives: RFC 7515, RFC 8037, every algorithm."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import base64url
from devtools.paths import SOURCES
from devtools.runtime.runner import Gateway
from tests.signature_cases import signature_cases
from tests.signing_keys import SigningKey
from tests.worker.injection import BY_CLASS

ENTRY = Path(__file__).parent / "fixtures" / "verifier" / "entry.py"


@pytest.fixture(scope="module")
def verifier(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    source = tmp_path_factory.mktemp("verifier") / "src"
    shutil.copytree(SOURCES, source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ENTRY, source / "entry.py")
    with worker(source=source, config=BY_CLASS) as gateway:
        yield gateway


def as_json(algorithm: str, jwk: Any, signature: bytes, signing_input: bytes) -> dict[str, Any]:
    texts = {"signature": base64url.encode(signature), "signing_input": base64url.encode(signing_input)}
    return {"algorithm": algorithm, "jwk": dict(jwk), **texts}


def test_webcrypto_agrees_with_every_case(verifier: Gateway) -> None:
    cases = list(signature_cases())
    asked = [as_json(case.algorithm, case.jwk, case.signature, case.signing_input) for case in cases]
    verdicts = verifier.post("/verify", json=asked).raise_for_status().json()
    assert {case.name: verdict for case, verdict in zip(cases, verdicts, strict=True)} == {
        case.name: case.valid for case in cases
    }


def test_a_key_that_is_not_on_its_curve_is_unusable(verifier: Gateway) -> None:
    key = SigningKey.generate("ES256", "curve")
    jwk = {name: value for name, value in key.public_jwk.items() if name in ("kty", "crv", "x", "y")}
    off_curve = {**jwk, "y": base64url.encode(b"\x01" * 32)}
    verdicts = (
        verifier.post("/verify", json=[as_json("ES256", off_curve, key.sign(b"x"), b"x")]).raise_for_status().json()
    )
    assert verdicts == ["unusable key"]
