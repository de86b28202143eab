"""`record`: a class of named values, as `dataclass` makes one, in a thirtieth of the time.

    @record
    class Visit:
        path: str
        language: str = "en"

    Visit("/pricing")                                       # Visit(path='/pricing', language='en')
    replace(Visit("/pricing"), language="de") == Visit("/pricing", "de")

A dataclass takes the Worker 7 ms of its import: the source of each method is put together and compiled, annotations are
evaluated for it, and a signature is made for the documentation. A record takes 0.2 ms: `==`, `hash` and `repr` are made
of what the standard library has in C, and `__init__` is written out in `constructors.py` for every shape that a start
asks for. The first to be compiled would take 25 ms, in which V8 compiles Python's compiler.

Frozen is a word for the type checker. At run time it would take a call a field for each object, so that only what
people's own Python is handed is `sealed` as well. A record extends no other. Of `field`, `default`, `default_factory`,
`compare` and `repr` count, and `init=False` for what `__post_init__` sets. Where that has a default, it is the class's
until somebody sets it, which takes `slots=False`: what most objects never come to costs none of them anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field
from functools import lru_cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

from core import constructors

__all__ = ["field", "record", "replace"]

C = TypeVar("C", bound=type[Any])
Fields = dict[str, Field[Any]]


@overload
def record(cls: C, /) -> C: ...
@overload
def record(*, frozen: bool = True, eq: bool = True, slots: bool = True, sealed: bool = False) -> Callable[[C], C]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(
    cls: Any = None, /, *, frozen: bool = True, eq: bool = True, slots: bool = True, sealed: bool = False
) -> Any:
    """Makes a class a record. What is not frozen has no hash, what has no `slots` may have a `cached_property`."""

    def recorded(cls: Any) -> Any:
        fields: Fields = {name: _field(name, cls.__dict__.get(name, MISSING)) for name in cls.__annotations__}
        made: dict[str, Any] = {"__init__": _init(cls, fields, sealed=sealed), "__repr__": _repr(fields)}
        made["__match_args__"] = tuple(name for name, its in fields.items() if its.init)
        made |= _comparing(fields, hashed=frozen) if eq else {}
        made |= {name: its.default for name, its in fields.items() if not its.init and its.default is not MISSING}
        made |= {"__setattr__": _refuse, "__delattr__": _refuse} if sealed else {}
        return _slotted(cls, fields, made) if slots else _dressed(cls, made)

    return recorded if cls is None else recorded(cls)


if TYPE_CHECKING:
    from dataclasses import replace  # whose arguments the type checker knows
else:

    def replace(one, /, **changes):
        """Another record, with other values for some fields."""
        kept = [changes.pop(name) if name in changes else getattr(one, name) for name in one.__match_args__]
        return one.__class__(*kept, **changes)


def _field(name: str, default: Any) -> Any:
    if default is MISSING or isinstance(default, Field):
        return _REQUIRED if default is MISSING else default
    if default.__class__.__hash__ is None:
        raise ValueError(f"{name}: every record would share this {type(default).__name__}; use default_factory")
    return field(default=default)


_REQUIRED: Any = field()


def _dressed(cls: Any, made: Mapping[str, Any]) -> Any:
    for name, its in made.items():
        setattr(cls, name, its)
    return cls


def _slotted(cls: Any, fields: Fields, made: Mapping[str, Any]) -> Any:
    """The class again, as slots can be given to a new one only; and at once, which is cheaper than one by one."""
    kept = {name: its for name, its in cls.__dict__.items() if name not in fields and name not in _OF_THE_FIRST}
    names = {"__qualname__": cls.__qualname__, "__slots__": tuple(fields)}
    return type(cls)(cls.__name__, cls.__bases__, {**kept, **names, **made})


_OF_THE_FIRST = ("__dict__", "__weakref__")


def _init(cls: Any, fields: Fields, *, sealed: bool) -> Any:
    """`__init__`, by its shape. What is sealed is written past its own `__setattr__`."""
    taken = {name: its for name, its in fields.items() if its.init}
    if [*taken.values()] != sorted(taken.values(), key=_is_optional):
        raise TypeError(f"{cls.__qualname__}: what has a default comes last")
    known: dict[str, Any] = {"_absent": MISSING, "_set": object.__setattr__}
    places = [f"_{number}" for number in range(len(taken))]  # what the source calls the fields
    known |= {f"_make{place}": its.default_factory for place, its in zip(places, taken.values(), strict=True)}
    kinds = "".join(_KINDS.get(its.default_factory, "m") for its in taken.values())
    shape = f"of_{kinds}{'_sealed' * sealed}{'_prepared' * hasattr(cls, '__post_init__')}"
    code = getattr(constructors, shape, None) or _compiled(shape)
    defaults = tuple(its.default for its in taken.values() if _is_optional(its))
    init = FunctionType(_renamed(code.__code__, dict(zip(places, taken, strict=True))), known, "__init__", defaults)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


_KINDS: dict[Any, str] = {MISSING: "v", list: "l", dict: "d"}
"""What a field has in place of a value -> a letter of the shape; "m" is what some function makes."""


def source(shape: str) -> str:
    """The constructor of a shape: `of_vl` is of two fields, the second a list if it is not told."""
    kinds, *marks = shape.removeprefix("of_").split("_")
    places = [f"_{number}" for number in range(len(kinds))]
    lines = [f"def {shape}({', '.join(['self', *places])}):"]
    for place, kind in zip(places, kinds, strict=True):
        made = {"v": "", "l": "[]", "d": "{}"}.get(kind, f"_make{place}()")
        value = f"{made} if {place} is _absent else {place}" if made else place
        lines.append(f'    _set(self, "{place}", {value})' if "sealed" in marks else f"    self.{place} = {value}")
    return "\n".join([*lines, *["    self.__post_init__()"] * ("prepared" in marks)])


@lru_cache(256)
def _compiled(shape: str) -> FunctionType:
    """A constructor that is not written out: those of people's own records, and of rooms that no start imports."""
    made: dict[str, Any] = {}
    exec(source(shape), made)
    return made[shape]  # type: ignore[no-any-return]


def _renamed(code: CodeType, names: Mapping[str, str]) -> CodeType:
    """`code` with the names of one record, where it has those of places."""
    variables, attributes, texts = (
        tuple(names.get(one, one) for one in part) for part in (code.co_varnames, code.co_names, code.co_consts)
    )
    return code.replace(co_varnames=variables, co_names=attributes, co_consts=texts)


def _is_optional(its: Field[Any]) -> bool:
    return its.default is not MISSING or its.default_factory is not MISSING


def _repr(fields: Fields) -> Callable[[Any], str]:
    shown = [name for name, its in fields.items() if its.repr]

    def represented(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    return represented


def _comparing(fields: Fields, *, hashed: bool) -> dict[str, Any]:
    """`==` of two of one class, and the hash that goes with it."""
    compared = attrgetter(*(name for name, its in fields.items() if its.compare))

    def equals(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hash_of(self: Any) -> int:
        return hash(compared(self))

    return {"__eq__": equals, "__hash__": hash_of if hashed else None}


def _refuse(self: Any, name: str, *value: object) -> None:
    raise AttributeError(f"{name} of {type(self).__qualname__} cannot be changed")
