"""People's policies, found and checked: only what a route names is imported, once, when the configuration is read.

A module of `src/policies/` is one that has `on_request(call)`, `on_response(call, response)` or both, each `async` or
not, and a class `Settings` if it is told anything. Whatever is wrong with one is a fault of the configuration.
"""

import importlib
import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Final, Protocol

from pydantic import BaseModel, ValidationError

from core.records import record
from policing.values import Settings

PACKAGE: Final = "policies"
HOOKS: Final[Mapping[str, tuple[str, ...]]] = {"on_request": ("call",), "on_response": ("call", "response")}
LONGEST_REASON: Final = 300
"""Characters of what an exception says."""

Hook = Callable[..., Any]


@record
class Fault:
    """What is wrong, and where in the settings."""

    place: tuple[int | str, ...]
    kind: str
    """pydantic's type of an error; empty for one of ours."""
    says: str


class Policed(Protocol):
    """A route, as far as this wing knows of one."""

    @property
    def path(self) -> str: ...
    @property
    def policies(self) -> Sequence[str]: ...
    @property
    def timeout_ms(self) -> int: ...
    @property
    def max_body(self) -> int: ...
    @property
    def auth(self) -> str: ...


class Told(Protocol):
    """What this wing is told; the gateway's settings are one."""

    @property
    def routes(self) -> Sequence[Policed]: ...
    @property
    def credential_fields(self) -> frozenset[str]: ...
    @property
    def policies(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def secrets(self) -> Mapping[str, str]: ...
    @property
    def held_bytes(self) -> int: ...


@record
class Policy:
    """One module, ready to be asked."""

    name: str
    on_request: Hook | None = None
    on_response: Hook | None = None
    settings: Any = None


class Unusable(Exception):
    """A policy that cannot be used; `faults` say why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.says for fault in faults))
        self.faults = faults


def policy_faults(told: Told) -> Iterator[Fault]:
    """Everything that is wrong with the policies of all routes, and with what is said to them."""
    named: dict[str, tuple[int | str, ...]] = {}
    for index, route in enumerate(told.routes):
        for place, name in enumerate(route.policies):
            named.setdefault(name, ("routes", index, "policies", place))
    for name, where in named.items():
        try:
            found(name, told, where)
        except Unusable as error:
            yield from error.faults
    for name in told.policies:
        if name not in named:
            yield Fault(
                ("policies", name), "", "no route has this policy; leave it out, or list it in a route's policies"
            )


def found(name: str, told: Told, where: tuple[int | str, ...] = ()) -> Policy:
    """The policy of that name, with its settings read. Raises Unusable."""
    module = _imported(name, where)
    hooks = {hook: getattr(module, hook, None) for hook in HOOKS}
    faults = [Fault(where, "", f"{_file(name)} {fault}") for fault in _hook_faults(hooks)]
    if faults:
        raise Unusable(faults)
    return Policy(name, hooks["on_request"], hooks["on_response"], _settings(module, name, told, where))


def _imported(name: str, where: tuple[int | str, ...]) -> ModuleType:
    module = f"{PACKAGE}.{name}"
    try:
        return importlib.import_module(module)
    except BaseException as error:  # whatever people write at the top of a file, `sys.exit()` among it
        if isinstance(error, ModuleNotFoundError) and error.name in (module, PACKAGE):
            raise Unusable([Fault(where, "", f"there is no policy {name!r}: write {_file(name)}")]) from None
        raise Unusable([Fault(where, "", f"{_place(error, name)}: {_reason(error)}")]) from None


def _hook_faults(hooks: Mapping[str, Any]) -> Iterator[str]:
    if not any(hooks.values()):
        yield "has neither on_request(call) nor on_response(call, response)"
    for hook, takes in HOOKS.items():
        function = hooks[hook]
        if function is None:
            continue
        written = f"{hook}({', '.join(takes)})"
        if not callable(function) or isinstance(function, type):
            yield f"has an {hook} that is no function; write def {written}"
        elif inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
            yield f"has an {hook} that yields; it answers by return"
        elif not _takes(function, len(takes)):
            yield f"has an {hook} that does not take what it is given; write def {written}"


def _takes(function: Hook, count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _settings(module: ModuleType, name: str, told: Told, where: tuple[int | str, ...]) -> Any:
    model, given = getattr(module, "Settings", None), told.policies.get(name)
    if model is None or model is Settings:  # the base that is extended is nobody's own
        if given is not None:
            raise Unusable([Fault((PACKAGE, name), "", f"{_file(name)} has no class Settings, and takes none")])
        return None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise Unusable([Fault(where, "", f"{_file(name)} has a Settings that is no class of policy.Settings")])
    try:
        return model.model_validate(given or {}, context={"secrets": told.secrets})
    except ValidationError as error:
        said = error.errors(include_url=False, include_input=False, include_context=False)
        raise Unusable([Fault((PACKAGE, name, *item["loc"]), item["type"], item["msg"]) for item in said]) from None
    except Exception as error:  # of a validator of theirs
        raise Unusable([Fault((PACKAGE, name), "", f"{_place(error, name)}: {_reason(error)}")]) from None


def _file(name: str) -> str:
    return f"src/{PACKAGE}/{name}.py"


def _place(error: BaseException, name: str) -> str:
    """File and line of what has been written wrongly: the last of theirs on the way to the error."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_below_source(error.filename)}, line {error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if f"/{PACKAGE}/" in frame.filename.replace("\\", "/"):
            return f"{_below_source(frame.filename)}, line {frame.lineno}"
    return _file(name)


def _below_source(filename: str) -> str:
    return f"src/{PACKAGE}/" + filename.replace("\\", "/").rpartition(f"/{PACKAGE}/")[2]


def _reason(error: BaseException) -> str:
    said = " ".join(traceback.format_exception_only(error)[-1].split())
    return said[:LONGEST_REASON]
