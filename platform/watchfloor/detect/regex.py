"""Regular expressions in linear time (RE2). The only module that knows which library does it.

Sigma's flavour is a subset of PCRE's (specification 2.1, appendix of modifiers). RE2 differs from PCRE in one point
within that subset: without `m`, PCRE's `$` also matches before a final line break.
"""

from typing import Final, Protocol, cast

import re2

from watchfloor.kernel.errors import Invalid

MAX_MEMORY_BYTES: Final = 8 * 1024 * 1024


class Searcher(Protocol):
    """Says whether an expression matches somewhere in a text."""

    def __call__(self, text: str, /) -> bool:
        """Whether it does."""
        ...


class _Compiled(Protocol):
    def search(self, text: str) -> object | None: ...


class _Options(Protocol):
    log_errors: bool
    max_mem: int
    case_sensitive: bool
    dot_nl: bool


class _Library(Protocol):
    """What we use of google-re2, which ships no types."""

    error: type[Exception]

    def Options(self) -> _Options: ...  # noqa: N802  # the library's name

    def compile(self, pattern: str, options: _Options) -> _Compiled: ...


_RE2: Final = cast("_Library", re2)


def compile_regex(pattern: str, flags: str) -> Searcher:
    """The searcher of an expression. `flags` are out of `i`, `m`, `s`.

    Raises Invalid for what RE2 cannot do (look-around, back references, repetition over 1,000), with its reason.
    """
    options = _RE2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY_BYTES
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    multiline = "m" in flags
    try:
        compiled = _RE2.compile(f"(?m){pattern}" if multiline else pattern, options)
    except _RE2.error as error:
        raise Invalid(f"The regular expression is not supported: {_reason(error)}.") from None

    def search(text: str, /) -> bool:
        return compiled.search(text) is not None

    def search_before_line_break(text: str, /) -> bool:
        return search(text) or (text.endswith("\n") and search(text[:-1]))

    return search_before_line_break if "$" in pattern and not multiline else search


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
