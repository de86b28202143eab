"""`devtools keys`: about which store it is, what wrangler is asked, and what it says of what cannot be."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from devtools.failure import Failure
from devtools.identity import api_keys
from identity.key_format import digest, read_key

TOML = """
name = "project"
[vars]
API_KEYS = { from = "authorization", prefix = "top" }
[env.local]
kv_namespaces = [{ binding = "KEYS", id = "keys-local" }]
vars = { API_KEYS = "{\\"prefix\\": \\"acme_test\\"}" }
[env.staging]
kv_namespaces = [{ binding = "KEYS", id = "keys-staging" }]
vars = { API_KEYS = { prefix = "acme_live" } }
[env.dev]
vars = { API_KEYS = { prefix = "gh" } }
[env.bare]
[env.broken]
kv_namespaces = [{ binding = "KEYS", id = "keys" }]
vars = { API_KEYS = { prefix = "EY" } }
"""


class Wrangler:
    """`wrangler kv key`, in memory."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.values: dict[str, tuple[str, Any]] = {}

    def __call__(self, arguments: Sequence[str]) -> str:
        self.asked.append([*arguments])
        match arguments:
            case ["put", name, value, "--metadata", metadata, *_]:
                self.values[name] = (value, json.loads(metadata))
            case ["delete", name, *_]:
                del self.values[name]
            case ["list", *_]:
                return json.dumps([{"name": name, "metadata": told} for name, (_, told) in self.values.items()])
        return ""


@pytest.fixture
def wrangler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wrangler:
    (tmp_path / "wrangler.toml").write_text(TOML)
    made = Wrangler()
    monkeypatch.setattr(api_keys, "ROOT", tmp_path)
    monkeypatch.setattr(api_keys, "run_wrangler", made)
    return made


def test_a_key_is_shown_once_and_never_stored(wrangler: Wrangler, capsys: pytest.CaptureFixture[str]) -> None:
    made = ["create", "--owner", "ci", "--role", "a", "--role", "b", "--scope", "x y", "--scope", "y z"]
    assert api_keys.main([*made, "--expires", "1h"]) == 0
    said = capsys.readouterr()
    text = said.out.strip()
    key = read_key(text, "acme_test")
    assert key is not None
    assert text not in said.err
    ((name, (value, told)),) = wrangler.values.items()
    record = json.loads(value)
    assert (name, record["sha256"], record["owner"]) == (f"key:{key.id}", digest(text), "ci")
    assert (record["roles"], record["scopes"], record["expires"]) == (
        ["a", "b"],
        ["x", "y", "z"],
        record["created"] + 3600,
    )
    assert "sha256" not in told
    assert text.rsplit("_", 2)[1] not in str(wrangler.asked)
    assert api_keys.main(["list"]) == 0
    assert f"{key.id}  ci     a,b    x,y,z" in capsys.readouterr().out
    assert api_keys.main(["revoke", text]) == 0, "a whole key will do"
    assert wrangler.values == {}
    with pytest.raises(Failure, match="there is no key"):
        api_keys.main(["revoke", key.id])


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ([], ["--env", "local", "--local", "--persist-to"]),
        (["--env", "local"], ["--env", "local", "--local", "--persist-to"]),
        (["--env", "staging", "--local"], ["--env", "staging", "--local", "--persist-to"]),
        (["--env", "staging"], ["--env", "staging", "--remote"]),
    ],
)
def test_it_is_about_the_store_of_this_machine_or_a_deployed_one(
    wrangler: Wrangler, options: list[str], place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert api_keys.main(["create", "--owner", "ci", *options]) == 0
    (asked,) = wrangler.asked
    assert asked[asked.index("--binding") :][: 2 + len(place)] == ["--binding", "KEYS", *place]
    prefix = "acme_live_" if "staging" in options else "acme_test_"
    assert capsys.readouterr().out.startswith(prefix)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--owner", ""], "the owner '' is no id"),
        (["create", "--owner", "a\nb"], "is no id"),
        (["create", "--owner", "ci", "--role", ""], "an empty role is nobody's"),
        (["create", "--owner", "ci", "--scope", 'a"b'], "is no scope"),
        (["create", "--owner", "ci", "--role", "r" * 1024], "too many for one key"),
        (["list", "--env", "bare"], "API_KEYS is not set in .env.bare.vars. of wrangler.toml: write API_KEYS = "),
        (["list", "--env", "dev"], "no KV namespace is bound as KEYS: `wrangler kv namespace create KEYS --env dev`"),
        (["list", "--env", "broken"], "API_KEYS cannot be read: `python -m devtools doctor`"),
        (["list", "--env", "elsewhere"], "wrangler.toml has no environment 'elsewhere'"),
    ],
)
def test_what_cannot_be_is_told_with_the_mend(wrangler: Wrangler, arguments: list[str], said: str) -> None:
    with pytest.raises(Failure, match=said):
        api_keys.main(arguments)
    assert wrangler.asked == []
