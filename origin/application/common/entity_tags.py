"""Validators of what is shown, and the preconditions that name them (RFC 9110 sections 8.8.3 and 13.1)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from application.common.problems import Problem

LISTED = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
"""One entity tag; what stands between two of them is no concern of a comparison."""


def strong_tag(document: Mapping[str, Any], version: int) -> str:
    """A strong validator of a document that is stored in this version: no two versions share one."""
    text = json.dumps([version, document], sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def has_tag(if_none_match: str, tag: str) -> bool:
    """Whether the client has this version already (section 13.1.2, weak comparison)."""
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in (
        known for _, known in LISTED.findall(if_none_match)
    )


def require_match(if_match: str | None, tag: str) -> None:
    """What is changed is what the client has seen (section 13.1.1, strong comparison); `*` is whatever is there.

    Raises Problem 428 without the field (RFC 6585 section 3), 412 for another version.
    """
    if if_match is None:
        detail = "Send If-Match with the ETag of what you have read, so that nobody's change is lost."
        raise Problem(428, "precondition_required", detail, field="If-Match")
    if if_match.strip() == "*":
        return
    if tag not in (known for weak, known in LISTED.findall(if_match) if not weak):
        raise Problem(412, "changed_meanwhile", "It was changed since you read it; read it again.", field="If-Match")
