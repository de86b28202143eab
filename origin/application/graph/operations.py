"""GraphQL over HTTP (working draft of the GraphQL foundation): one request as what it asks for.

Persisted queries as Apollo's clients send them: `extensions.persistedQuery` with `version` 1 and the query's SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from gatehouse_verifier import Received

from application.common.http import json_content
from application.graph.faults import Fault

PARAMETERS = ("query", "variables", "operationName", "extensions")
SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_PARAMETERS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks for: a document or the hash of one, or both where it is to be registered."""

    query: str | None
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    sha256: str | None = None


def asked_by(request: Received) -> Asked:
    """Raises Fault; Problem 400 and 415 where the content is no JSON."""
    if request.method in ("GET", "HEAD"):
        return _asked(_parameters(request.query))
    content = json_content(request, "operation")
    if isinstance(content, list):
        raise _bad("One operation a request: send an object and no list.")
    if not isinstance(content, dict):
        raise _bad('Send an object with "query".')
    return _asked(content)


def hash_of(query: str) -> str:
    return hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest()


def _parameters(query: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise _bad("The query of the URL cannot be read.") from error
    known = [(name, value) for name, value in pairs if name in PARAMETERS]
    found: dict[str, Any] = dict(known)
    if len(found) != len(known):
        raise _bad("Each parameter may be there once.")
    for name in ("variables", "extensions"):
        if name in found:
            found[name] = _json(name, found[name])
    return found


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"{name} is not JSON.") from error


def _asked(found: Mapping[str, Any]) -> Asked:
    query, variables, name, extensions = (found.get(parameter) for parameter in PARAMETERS)
    if not (query is None or isinstance(query, str)):
        raise _bad("query must be a string.")
    if not (variables is None or isinstance(variables, dict)):
        raise _bad("variables must be an object.")
    if not (name is None or isinstance(name, str)):
        raise _bad("operationName must be a string.")
    if not (extensions is None or isinstance(extensions, dict)):
        raise _bad("extensions must be an object.")
    sha256 = _hash((extensions or {}).get("persistedQuery"))
    if not query and sha256 is None:
        raise _bad("There is no query.")
    if query and sha256 is not None and hash_of(query) != sha256:
        raise _bad("The provided sha256Hash is not that of the query.")
    return Asked(query or None, variables or {}, name or None, sha256)


def _hash(persisted: Any) -> str | None:
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise Fault("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
    sha256 = persisted.get("sha256Hash")
    if not (isinstance(sha256, str) and SHA256.fullmatch(sha256)):
        raise _bad("sha256Hash must be 64 hexadecimal digits in lower case.")
    return sha256


def _bad(message: str) -> Fault:
    return Fault("BAD_REQUEST", message)
