"""`sbom`: the software bill of materials of what a deployment uploads, as CycloneDX 1.6 in JSON.

    python -m devtools sbom > gatehouse.cdx.json

The Worker is the main component; below it is every wheel of `python_modules/` with the version and the SHA-256 that
requirements/worker.txt vouches for, its licence and what it requires. A wheel of compiled code brings a bill of its own
(PEP 770): what that lists as linked in is listed here as part of the wheel. Python itself, its standard library and
workerd are Cloudflare's and not in the upload.

The same lock file gives the same bytes: there is no time in it, and its serial number is made from the lock.
"""

from __future__ import annotations

import argparse
import json
import tomllib
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devtools.failure import Failure
from devtools.installing.stamps import key_of
from devtools.installing.vendor import TARGET, Wheel, vendored
from devtools.paths import PYTHON_MODULES, ROOT, WORKER_LOCK

PYPROJECT = ROOT / "pyproject.toml"
SCHEMA = SchemaVersion.V1_6
WHEEL_PROPERTY = "gatehouse:wheel"
"""File name of the wheel whose hash is given; the same version has others for other machines."""

ENVIRONMENT = {"python_version": TARGET[0], "sys_platform": "emscripten", "platform_system": "Emscripten", "extra": ""}
"""Where the Worker runs, for the markers of requirements."""


def main(argv: list[str]) -> int:
    """`sbom`: no options; prints the bill. Raises Failure when the packages are not set up."""
    argparse.ArgumentParser(prog="python -m devtools sbom", description=__doc__).parse_args(argv)
    print(render(bill()))
    return 0


def bill() -> Bom:
    """The bill of what `python_modules/` holds. Raises Failure when that is not known."""
    main_component = _worker(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"])
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, key_of([WORKER_LOCK, PYPROJECT])))
    bom.metadata.component = main_component
    bom.metadata.timestamp = None  # type: ignore[assignment]  # optional in the schema, and would differ every time
    installed = {canonicalize_name(found.name): found for found in distributions(path=[str(PYTHON_MODULES)])}
    wheels = {canonicalize_name(wheel.name): wheel for wheel in vendored()}
    if installed.keys() != wheels.keys():
        raise Failure("python_modules/ holds other packages than were put there", "run `python -m devtools vendor`")
    components = {name: _component(wheels[name], installed[name]) for name in wheels}
    bom.components.update(components.values())
    for name, component in components.items():
        required = set(_required(installed[name]))
        bom.register_dependency(component, [other for name, other in components.items() if name in required])
    bom.register_dependency(main_component, components.values())
    return bom


def render(bom: Bom) -> str:
    """The bill as JSON."""
    return make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2)


def _worker(project: dict[str, Any]) -> Component:
    return Component(
        type=ComponentType.APPLICATION,
        bom_ref=f"{project['name']}@{project['version']}",
        name=project["name"],
        version=project["version"],
        description=project["description"],
        licenses=[LicenseFactory().make_from_string(project["license"])],
    )


def _component(wheel: Wheel, installed: Distribution) -> Component:
    purl = PackageURL("pypi", None, canonicalize_name(wheel.name), wheel.version)
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        name=wheel.name,
        version=wheel.version,
        description=installed.metadata["Summary"],
        licenses=[_licence(wheel, installed)],
        purl=purl,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=wheel.sha256)],
        properties=[Property(name=WHEEL_PROPERTY, value=wheel.file)],
        components=_linked_in(installed),
    )


def _licence(wheel: Wheel, installed: Distribution) -> License:
    """The SPDX expression of the package's metadata (PEP 639). Raises Failure: what ships must say its licence."""
    stated = installed.metadata["License-Expression"] or installed.metadata["License"]
    if not stated:
        raise Failure(f"{wheel.name} {wheel.version} states no licence", "take a release of it that does")
    return LicenseFactory().make_from_string(stated)


def _required(installed: Distribution) -> Iterator[str]:
    """Names of what a package requires where the Worker runs."""
    for text in installed.requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(ENVIRONMENT):
            yield canonicalize_name(requirement.name)


def _linked_in(installed: Distribution) -> Iterator[Component]:
    """What the bills inside a wheel list as part of it; what only built it is left out."""
    for path in sorted(str(file) for file in installed.files or [] if file.match("*.dist-info/sboms/*.cyclonedx.json")):
        inner = json.loads(Path(str(installed.locate_file(path))).read_text(encoding="utf-8"))
        yield from (_part(part) for part in inner["components"] if part.get("scope") != "excluded")


def _part(listed: dict[str, Any]) -> Component:
    """A component as another bill lists it, with what identifies it."""
    stated = [licence.get("expression") or licence["license"].get("id") for licence in listed["licenses"]]
    return Component(
        type=ComponentType(listed["type"]),
        bom_ref=listed["purl"],
        name=listed["name"],
        version=listed["version"],
        licenses=[LicenseFactory().make_from_string(licence) for licence in stated],
        purl=PackageURL.from_string(listed["purl"]),
        hashes=[HashType(alg=HashAlgorithm(digest["alg"]), content=digest["content"]) for digest in listed["hashes"]],
    )
