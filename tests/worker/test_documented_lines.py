"""What the documentation tells people to type is typed here, in a project that `make dev` would serve.

The lines run as they stand, by a shell, with curl, wrangler and the project's own tools; only the port is another.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devtools.configuration import local_vars
from devtools.identity.local_keys import LIKENESSES, ensure_local_keys
from devtools.paths import ROOT, TEMPLATE_TOML, copy_sources
from devtools.runtime.runner import Gateway
from tests.provider_tokens import SEEN
from tests.worker.origins import ScriptedOrigin, answer_head

OK = answer_head(200, "content-length: 2") + b"ok"
END = "--- the next line ---"
AT_MOST = 300.0
"""Seconds for the lines of one page, whatever else the machine does."""
COLOURS_OFF = {"NO_COLOR": "1", "WRANGLER_SEND_METRICS": "false"}


def section(page: str, title: str) -> str:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.split(r"(?m)^## ", text.split(f"\n## {title}\n", 1)[1], maxsplit=1)[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text)


def typed(text: str) -> list[str]:
    """What stands behind the prompts of a session, lines that go on taken together."""
    lines = "".join(blocks(text, "console")).replace("\\\n", "")
    return [line.removeprefix("$ ") for line in lines.splitlines() if line.startswith("$ ")]


@dataclass
class Project:
    folder: Path
    gateway: Gateway

    def run(self, lines: list[str]) -> list[str]:
        """What each of these lines prints, typed one after the other into one shell."""
        port = self.gateway.url.rpartition(":")[2]
        script = f"\necho '{END}'\n".join(line.replace("localhost:8787", f"localhost:{port}") for line in lines)
        ran = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env={**os.environ, **COLOURS_OFF}, text=True, timeout=AT_MOST,
            capture_output=True, check=False,
        )  # fmt: skip
        printed = [text.strip() for text in ran.stdout.split(END)]
        assert len(printed) == len(lines), ran.stderr
        return printed


@pytest.fixture(scope="module")
def project(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A checkout after `make setup`, and the gateway of its `make dev`; whatever is forwarded is answered with `ok`."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("devtools", "src"):
        copy_sources(ROOT / name, folder / name)
    for name in (".venv", "node_modules", "python_modules"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(TEMPLATE_TOML, folder / "wrangler.toml")
    ensure_local_keys(folder)
    variables: dict[str, Any] = {**local_vars.told(folder, local_vars.LOCAL).values}
    with ScriptedOrigin(OK) as origin:
        options = {"config": folder / "wrangler.toml", "environment": local_vars.LOCAL, "outbound": origin.url}
        kept = folder / ".wrangler" / "state" / "v3"
        with worker(**options, vars=variables, kv_persist=kept) as gateway:
            yield Project(folder, gateway)


def test_every_providers_line_shows_who_its_token_is(project: Project) -> None:
    lines = [line.strip() for line in blocks(section("authentication.md", "Providers"), "sh")]
    names = [re.search(r"--like ([a-z0-9-]+)", line) for line in lines]
    told = [json.loads(text) for text in project.run(lines)]
    found = {name[1]: (caller["id"], tuple(caller["roles"])) for name, caller in zip(names, told, strict=True) if name}
    assert found == {name: SEEN[name] for name in found}
    assert len(found) == len(LIKENESSES)


def test_a_session_of_a_browser_and_a_key_of_a_machine(project: Project) -> None:
    """The quickstart's: refused for another site's page; made, used, taken back and dead."""
    lines = typed(section("quickstart.md", "Browsers and machines"))
    _, theirs, ours, _, used, listed, revoked, *_, dead = project.run(lines)
    assert json.loads(theirs)["code"] == "cross_site"
    assert ours == "ok"
    assert json.loads(used) == {"issuer": "api-key", "id": "ci", "roles": ["user"], "scopes": [], "expires": None}
    assert re.search(r"(?m)^[0-9A-Za-z]{12}  ci ", listed)
    assert "is revoked" in revoked
    assert '"reason":"key_unknown"' in dead


def test_where_it_is_said_whose_tokens_are_taken(project: Project) -> None:
    named, told = project.run(typed(section("authentication.md", "Whose tokens a path takes")))
    url = f"http://localhost:{project.gateway.url.rpartition(':')[2]}"
    assert f'resource_metadata="{url}/.well-known/oauth-protected-resource/api/echo/scoped"' in named
    assert json.loads(told)["resource"] == f"{url}/api/echo/scoped"
    assert json.loads(told)["scopes_supported"] == ["echo:read"]


def test_a_key_as_the_page_about_keys_has_it(project: Project) -> None:
    made, used, *_ = typed(section("authentication.md", "API keys"))
    _, told = project.run([made, used])
    caller = json.loads(told)
    assert (caller["issuer"], caller["id"], caller["roles"], caller["scopes"]) == (
        "api-key",
        "ci",
        ["admin"],
        ["echo:read"],
    )
