"""A YAML document as a typed value, or a fault with its place. Owns how a decoder's path becomes file:line:column."""

import re
from typing import Final, TypeVar

import msgspec

from watchfloor.detect.yaml_document import Path, YamlDocument, YamlFault, read_documents
from watchfloor.kernel.errors import Invalid

_WHERE: Final = re.compile(r" - at `\$([^`]*)`$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")

Value = TypeVar("Value")


def read_structs(text: bytes, kind: type[Value], *, name: str) -> list[tuple[YamlDocument, Value]]:
    """The documents of a file as values of `kind`. Raises Invalid with file, line and column of the first fault."""
    try:
        documents = list(read_documents(text))
    except YamlFault as fault:
        raise Invalid(f"{name}:{fault.line}:{fault.column}: {fault.message}") from None
    return [(document, _decoded(document, kind, name)) for document in documents]


def placed(document: YamlDocument, path: Path, *, name: str, words: str) -> str:
    """`words` with file, line and column of the part at `path` before them."""
    line, column = document.place(path)
    return f"{name}:{line}:{column}: {words}"


def _decoded(document: YamlDocument, kind: type[Value], name: str) -> Value:
    try:
        return msgspec.convert(document.value, kind)
    except msgspec.ValidationError as error:
        words = str(error)
        found = _WHERE.search(words)
        steps = _STEP.findall("" if found is None else found[1])
        path = [key or int(index) for key, index in steps if key or index.isdigit()]
        raise Invalid(placed(document, path, name=name, words=f"{_WHERE.sub('', words)}.")) from None
