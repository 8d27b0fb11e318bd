"""YAML with places: reads the documents of a rule file, and says where in the file a part of one stands.

Stricter than YAML: a key twice in one map, an alias, a tag of a language's own, and a plain `no`, `010`, `1_000` or
`12:30`, which YAML 1.1 and 1.2 read differently, are refused, because each of them makes a rule say something else than
what its reader sees. A time stays the text that was written.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Final, TypeAlias, cast

import yaml
from yaml.constructor import ConstructorError

from watchfloor.kernel.errors import Invalid

YamlValue: TypeAlias = "str | int | float | bool | bytes | list[YamlValue] | dict[str, YamlValue] | None"
Path: TypeAlias = Sequence[str | int]

MAX_BYTES: Final = 1024 * 1024

_TEXT: Final = "tag:yaml.org,2002:str"
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_INTEGER: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"

_PLAIN: Final = {
    _BOOLEAN: re.compile(r"true|false", re.IGNORECASE),
    _INTEGER: re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+"),
    _FLOAT: re.compile(r"[^:_]*"),
}


class YamlFault(Invalid):
    """The file is not YAML that we take. `line` and `column` count from 1."""

    def __init__(self, message: str, *, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class YamlDocument:
    """One document of a file: its value, and the places of the value's parts."""

    def __init__(self, node: yaml.Node, value: YamlValue) -> None:
        self._node = node
        self.value = value

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the part at `path`, or of the deepest part on the way that exists.

        A path names map keys and list indices. The place of a map's item is that of its key.
        """
        node, mark = self._node, self._node.start_mark
        for step in path:
            found = _step(node, step)
            if found is None:
                break
            node, mark = found
        return mark.line + 1, mark.column + 1


def read_documents(text: bytes) -> Iterator[YamlDocument]:
    """The documents of a file, empty ones left out. Raises YamlFault at the first document that cannot be read."""
    if len(text) > MAX_BYTES:
        raise YamlFault(f"The file is larger than {MAX_BYTES} bytes.", line=1, column=1)
    try:
        loader = _Loader(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise YamlFault("The file is not UTF-8.", line=line, column=1) from None
    except yaml.YAMLError as error:
        raise _fault(error) from None
    try:
        yield from _documents(loader)
    except yaml.YAMLError as error:
        raise _fault(error) from None
    except RecursionError:
        raise YamlFault("The file nests too deeply.", line=1, column=1) from None
    finally:
        loader.dispose()


class _Loader(yaml.CSafeLoader):
    """Safe YAML without timestamps and without double keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:  # noqa: FBT001, FBT002  # PyYAML's signature
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != _TEXT:
                raise ConstructorError(
                    None, None, "This key is not text in YAML; rename it or put it in quotes.", key.start_mark
                )
            if key.value in seen:
                raise ConstructorError(None, None, f"The key {key.value!r} stands here twice.", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:  # noqa: FBT001, FBT002  # PyYAML's signature
        plain = _PLAIN.get(node.tag)
        if plain is not None and not plain.fullmatch(str(node.value)):
            raise ConstructorError(
                None, None, f"YAML 1.1 and 1.2 read {node.value} differently; put it in quotes.", node.start_mark
            )
        return cast("object", super().construct_object(node, deep=deep))  # pyright: ignore[reportUnknownMemberType]


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _documents(loader: _Loader) -> Iterator[YamlDocument]:
    while loader.check_node():
        node = loader.get_node()
        if node is None:
            continue
        _refuse_aliases(node)
        value = cast("YamlValue", loader.construct_document(node))  # pyright: ignore[reportUnknownMemberType]  # types-PyYAML leaves it open
        if value is not None:
            yield YamlDocument(node, value)


def _refuse_aliases(root: yaml.Node) -> None:
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            raise ConstructorError(None, None, "YAML aliases are not taken; write the value out.", node.start_mark)
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            stack.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)


def _step(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Mark] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark
    return None


def _fault(error: yaml.YAMLError) -> YamlFault:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        problem = error.problem or error.context or "This is not YAML."
        return YamlFault(_sentence(problem), line=error.problem_mark.line + 1, column=error.problem_mark.column + 1)
    return YamlFault(_sentence(str(error)), line=1, column=1)


def _sentence(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else "This is not YAML"
    return first if first.endswith(".") else f"{first[0].upper()}{first[1:]}."
