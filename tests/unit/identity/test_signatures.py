"""The verifier that unit tests stand on gives the verdicts of the published examples, as WebCrypto does in workerd."""

import pytest

from tests.signature_cases import SignatureCase, signature_cases
from tests.unit.identity.cryptography_verifier import verify
from tests.unit.in_memory import run


@pytest.mark.parametrize("case", list(signature_cases()), ids=lambda case: case.name)
def test_a_signature_is_valid_only_as_it_was_made(case: SignatureCase) -> None:
    assert run(verify(case.algorithm, case.jwk, case.signature, case.signing_input)) is case.valid
