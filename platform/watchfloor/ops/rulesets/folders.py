"""Rules of folders that somebody names: loaded, with their licence and their link, and their faults by full path."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.detect.lists import names_of
from watchfloor.detect.load import load_rules
from watchfloor.detect.rule import LoadReport, Rule, RuleFault
from watchfloor.detect.yaml_document import YamlFault, read_documents
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.rulesets.origin import RuleOrigin, find_origin

NO_LISTS: Final[Mapping[str, tuple[str, ...]]] = {}


def load_folders(
    paths: Sequence[Path], *, lists: Mapping[str, Sequence[str]] = NO_LISTS, require_samples: bool = False
) -> LoadReport:
    """The rules in files and folders. `Rule.path` and the faults' files are paths that can be opened from here.

    `lists` are the values of `%name%`; rules may need others still (see `refuse_open`).
    """
    values = {name: tuple(texts) for name, texts in lists.items()}
    loaded = load_rules(paths, require_samples=require_samples, placeholders=values)
    folders = _Folders(paths)
    faults = [msgspec.structs.replace(fault, file=str(folders.file(fault.file))) for fault in loaded.faults]
    rules = tuple(_with_origin(rule, folders.file(rule.path), folders.origin(rule.path)) for rule in loaded.rules)
    return msgspec.structs.replace(loaded, rules=rules, faults=tuple(faults))


def refuse_open(report: LoadReport) -> LoadReport:
    """The report with the rules that need a list as faults: without its values they cannot be run (specification)."""
    needed = {rule.id: sorted(names_of(rule.condition)) for rule in report.rules}
    return msgspec.structs.replace(
        report,
        rules=tuple(rule for rule in report.rules if not needed[rule.id]),
        faults=report.faults
        + tuple(_missing_list(rule.path, needed[rule.id][0]) for rule in report.rules if needed[rule.id]),
    )


def read_lists(path: Path) -> dict[str, tuple[str, ...]]:
    """The lists in a YAML file: a map of names to texts or lists of texts. Raises Invalid."""
    try:
        documents = list(read_documents(path.read_bytes()))
        value = documents[0].value if len(documents) == 1 else None
        written = msgspec.convert(value, dict[str, list[str] | str])
    except YamlFault as fault:
        raise Invalid(fault.message, where=f"{path}:{fault.line}:{fault.column}") from None
    except msgspec.ValidationError as error:
        raise Invalid(f"Lists are a map of names to lists of texts: {error}.", where=str(path)) from None
    return {name: (values,) if isinstance(values, str) else tuple(values) for name, values in written.items()}


class _Folders:
    """Finds the file again that the loader knows by its path from the folder that was loaded."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._origins: dict[Path, RuleOrigin] = {}

    def file(self, name: str) -> Path:
        return self._root(name) / name

    def origin(self, name: str) -> RuleOrigin:
        root = self._root(name)
        if root not in self._origins:
            self._origins[root] = find_origin(root)
        return self._origins[root]

    def _root(self, name: str) -> Path:
        roots = (path if path.is_dir() else path.parent for path in self._paths)
        return next((root for root in roots if (root / name).exists()), Path())


def _with_origin(rule: Rule, file: Path, origin: RuleOrigin) -> Rule:
    """The rule with the collection's licence, and its address, where it has none of its own."""
    link = rule.link
    if link is None and origin.link_base is not None and file.absolute().is_relative_to(origin.root):
        link = origin.link_base + file.absolute().relative_to(origin.root).as_posix()
    licence = origin.licence if rule.licence == "unknown" and origin.licence is not None else rule.licence
    return msgspec.structs.replace(rule, path=str(file), licence=licence, link=link)


def _missing_list(file: str, name: str) -> RuleFault:
    """The fault, at the place where the rule names the list first."""
    mark, path = f"%{name}%", Path(file)
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
    line, column = next(((n, text.index(mark) + 1) for n, text in enumerate(lines, 1) if mark in text), (1, 1))
    return RuleFault(file=file, line=line, column=column, reason=f"The list {mark} has no values here.")
