"""Whether a document is OpenAPI 3.1, asked of a validator that is not ours."""

from typing import Any


def validate(document: dict[str, Any]) -> None:
    """Raises `OpenAPIValidationError` for the first fault."""
    from openapi_spec_validator import OpenAPIV31SpecValidator  # seconds, which only tests that ask should take

    OpenAPIV31SpecValidator(document).validate()
