"""Origins' own descriptions (OpenAPI 3.1), as the routes that lead to them show them. Pure.

    route                 path = "/api/users/*", strip_prefix = "/api", openapi = "/openapi/users.json"
    its origin's document paths: /users/{id}: get: …
    the gateway's         paths: /api/users/{id}: get: …, with the route's access and the gateway's own refusals

What no route shows is not told, and neither are the origin's servers, its own security, nor extensions (`x-…`): the
gateway stands between. Components come along as far as something refers to them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from configuration.routes import RouteTable
from configuration.settings import RouteSettings
from core import strictjson
from core.records import record

LONGEST: Final = 1024 * 1024
"""Bytes of a document that is read."""

METHODS: Final = ("get", "put", "post", "delete", "options", "patch")
"""Of operations that are shown; HEAD goes with GET."""

TOLD: Final = ("summary", "description", "externalDocs", "requestBody", "responses", "deprecated")
"""Members of an operation that are told as they are; parameters are put together with their path's."""

MALFORMED: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What a document that is no OpenAPI makes of code that reads one."""

REFERENCE: Final = "#/components/"

PROBLEM: Final = "application/problem+json"


@record
class Source:
    """One origin's document; `name` tells its components from others' of the same name."""

    name: str
    document: Mapping[str, Any]

    def find(self, reference: str) -> Any:
        """What a reference within the document means (RFC 6901). Raises ValueError."""
        found: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or part not in found:
                raise ValueError(f"{reference} leads nowhere")
            found = found[part]
        return found


@record
class Shown:
    """An operation of an origin, at the path of the gateway that leads to it."""

    path: str
    method: str
    route: RouteSettings
    source: Source
    operation: Mapping[str, Any]

    @property
    def tags(self) -> list[str]:
        return [tag for tag in self.operation.get("tags", ()) if isinstance(tag, str)]


def read(name: str, content: bytes | str) -> Source:
    """Raises ValueError for anything but an OpenAPI 3.1 document."""
    document = strictjson.loads(content if isinstance(content, bytes) else content.encode(), names=None)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1."):
        raise ValueError("it is no OpenAPI 3.1 document")
    items = document.get("paths")
    if not isinstance(items, dict) or not all(isinstance(item, dict) for item in items.values()):
        raise ValueError("it has no paths")
    return Source(name.rpartition("/")[2].removesuffix(".json"), document)


def shown(routes: Iterable[RouteSettings], sources: Mapping[str, Source]) -> Iterator[Shown]:
    """What the routes lead to, by the documents they name: at each path, that of the route which takes its requests."""
    routes = tuple(routes)
    tables = {host: RouteTable(route for route in routes if route.host == host) for host in {r.host for r in routes}}
    seen = set[tuple[str, str]]()
    for route in routes:
        source = sources.get(route.openapi or "")
        for path, item in source.document["paths"].items() if source else ():
            assert source is not None, "it has paths"
            where = route.strip_prefix + path
            pattern = tables[route.host].find(where)
            for method, operation in _operations(item):
                taken = pattern and pattern.by_method.get(method.upper())
                if taken is route and (where, method) not in seen:
                    seen.add((where, method))
                    yield Shown(where, method, route, source, operation)


def _operations(item: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The operations of a path with the parameters of the path, HEAD as what GET says without content."""
    for method in METHODS:
        operation = item.get(method)
        if not isinstance(operation, dict):
            continue
        own = operation.get("parameters", [])
        named = {(one.get("name"), one.get("in")) for one in own}
        common = [one for one in item.get("parameters", []) if (one.get("name"), one.get("in")) not in named]
        whole = {**operation, "parameters": [*common, *own]}
        yield method, whole
        if method == "get":
            yield "head", whole


class Components:
    """Components of the gateway and of several documents, each under a name of its own."""

    def __init__(self, own: dict[str, Any]) -> None:
        self._all = own
        self._names: dict[tuple[str, str], str] = {}
        self._wanted: list[tuple[dict[str, Any], str, str, Source]] = []
        """Components that something refers to, where to put them: taken over one by one, since deep recursion on
        WebAssembly ends the interpreter, and documents refer from one to the next to the next."""

    def operation(self, one: Shown, names: Mapping[str, str], refusals: Mapping[int, Any]) -> dict[str, Any]:
        """What is told of an operation. `names` are those of the path's parameters, here and at the gateway; `refusals`
        the gateway's own, which come beside the origin's answers.

        Raises ValueError for a reference that leads nowhere.
        """
        members = {name: one.operation[name] for name in (*TOLD, "parameters") if name in one.operation}
        told = self._taken(members, one.source)
        parameters = [self._meant(each) for each in told.pop("parameters")]
        if parameters:
            told["parameters"] = [
                {**each, "name": names[each["name"]]} if each["in"] == "path" else each for each in parameters
            ]
        answers = told.get("responses", {})
        for status, refusal in refusals.items():
            known = answers.get(str(status))
            answers[str(status)] = self._either(known) if known and status >= 400 else known or refusal
        if one.method == "head":
            answers = {status: self._without_content(answer) for status, answer in answers.items()}
        return {**told, "responses": dict(sorted(answers.items()))}

    def _taken(self, members: dict[str, Any], source: Source) -> dict[str, Any]:
        """`members`, when everything that they refer to is there."""
        taken: dict[str, Any] = self._adopted(members, source)
        while self._wanted:
            kept, name, reference, source = self._wanted.pop()
            kept[name] = self._adopted(source.find(reference), source)
        return taken

    def _adopted(self, node: Any, source: Source) -> Any:
        """`node` with references to components that are taken over. As deep as JSON may be (`strictjson`)."""
        if isinstance(node, list):
            return [self._adopted(item, source) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            key: self._reference(value, source)
            if key == "$ref" and isinstance(value, str)
            else self._adopted(value, source)
            for key, value in node.items()
            if key != "links" or not _names_operations(value)
        }

    def _reference(self, reference: str, source: Source) -> str:
        if not reference.startswith(REFERENCE) or reference.count("/") != 3:
            raise ValueError(f"{reference} is no component of it")
        known = self._names.get((source.name, reference))
        if known is None:
            kind, name = reference.removeprefix(REFERENCE).split("/")
            kept = self._all.setdefault(kind, {})
            name = name if name not in kept else f"{source.name}.{name}"
            known = self._names[source.name, reference] = f"{REFERENCE}{kind}/{name}"
            kept[name] = {}
            self._wanted.append((kept, name, reference, source))
        return known

    def _meant(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """A parameter or an answer itself, where it is one that is referred to."""
        if "$ref" not in node:
            return dict(node)
        kind, name = node["$ref"].removeprefix(REFERENCE).split("/")
        return dict(self._all[kind][name])

    def _either(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """A refusal that is the origin's or the gateway's."""
        told = self._meant(answer)
        ours = {"$ref": f"{REFERENCE}schemas/ProblemDetails"}
        content = dict(told.get("content", {}))
        theirs = content.get(PROBLEM, {}).get("schema")
        content[PROBLEM] = {"schema": {"anyOf": [theirs, ours]} if theirs else ours}
        return {**told, "content": content}

    def _without_content(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in self._meant(answer).items() if name != "content"}


def _names_operations(links: Any) -> bool:
    """Whether these are links of an answer: they name operations as the origin does. A member of a schema may have the
    same name."""
    values = links.values() if isinstance(links, dict) else ()
    return any(isinstance(link, dict) and ("operationId" in link or "operationRef" in link) for link in values)
