"""Loads rule files: every rule, or every reason why not, with file, line and column. Nothing is skipped silently.

Reading rule files is this package's only input. Shared content (`require_samples`) must have the `watchfloor:` block
with samples; other rules, such as SigmaHQ's, load without it and get defaults.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final, cast

import msgspec

from watchfloor.detect.diagnosis import check_shape, locate
from watchfloor.detect.document import DocumentFault, RuleDocument, read_rule, window_seconds
from watchfloor.detect.rule import DEFAULT_DEDUP, LoadReport, Rule, RuleFault, Samples
from watchfloor.detect.translation import Placeholders, translate
from watchfloor.detect.yaml_document import YamlDocument, YamlFault, YamlValue, read_documents
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import LogSource

_NO_PLACEHOLDERS: Final[Mapping[str, tuple[str, ...]]] = {}


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a set of rules comes from: the licence of a rule that names none, and what its path is appended to."""

    licence: str
    link_base: str | None = None


UNKNOWN_ORIGIN: Final = Origin(licence="unknown")


def load_rules(
    paths: Iterable[Path],
    *,
    require_samples: bool = False,
    origin: Origin = UNKNOWN_ORIGIN,
    placeholders: Placeholders = _NO_PLACEHOLDERS,
) -> LoadReport:
    """Loads rule files, and all `.yml` and `.yaml` files in folders, in the order of their paths.

    A file that cannot be read and a rule that cannot be run are faults in the report; nothing is raised.
    `placeholders` are the values of `%name%` under the `expand` modifier.
    """
    loader = _Loading(require_samples=require_samples, origin=origin, placeholders=placeholders)
    for file, name in _rule_files(paths):
        loader.load(file, name)
    return loader.report()


def load_shared_rules() -> LoadReport:
    """Loads the shared content that this package ships."""
    root = Path(str(files("watchfloor.content"))) / "rules"
    return load_rules([root], require_samples=True)


class _Loading:
    """The state of one loading."""

    def __init__(self, *, require_samples: bool, origin: Origin, placeholders: Placeholders) -> None:
        self._require_samples = require_samples
        self._origin = origin
        self._placeholders = placeholders
        self._rules: dict[str, Rule] = {}
        self._samples: dict[str, Samples] = {}
        self._faults: list[RuleFault] = []

    def load(self, file: Path, name: str) -> None:
        """Loads one file, known to people as `name`."""
        try:
            for document in read_documents(file.read_bytes()):
                self._load_document(document, name)
        except OSError as error:
            self._fault(name, (1, 1), f"The file cannot be read: {error.strerror}.")
        except YamlFault as fault:
            self._fault(name, (fault.line, fault.column), fault.message)

    def report(self) -> LoadReport:
        """What has been loaded."""
        return LoadReport(rules=tuple(self._rules.values()), faults=tuple(self._faults), samples=self._samples)

    def _load_document(self, document: YamlDocument, name: str) -> None:
        try:
            written = read_rule(document, require_samples=self._require_samples)
            detection = cast("dict[str, YamlValue]", written.detection)
            check_shape(detection)
        except DocumentFault as fault:
            self._fault(name, document.place(fault.path), fault.message)
            return
        try:
            rule = self._rule(written, document, name)
        except Invalid as error:
            self._fault(name, document.place(locate(detection, self._placeholders)), error.message)
            return
        earlier = self._rules.get(rule.id)
        if earlier is not None:
            self._fault(name, document.place(("id",)), f"The rule {earlier.path} has this id too.")
            return
        self._rules[rule.id] = rule
        self._samples[rule.id] = _samples(written)

    def _rule(self, written: RuleDocument, document: YamlDocument, name: str) -> Rule:
        section, base = written.watchfloor, self._origin.link_base
        return Rule(
            id=written.id.lower(),
            title=written.title.strip(),
            level=written.level,
            status="experimental" if written.status == "unsupported" else written.status,
            author=written.author or "unknown",
            references=tuple(written.references or ()),
            tags=tuple(written.tags or ()),
            why=_paragraph(section.why if section is not None else written.description or written.title),
            false_positives=tuple(written.falsepositives or ()),
            runbook=tuple(_paragraph(step) for step in section.runbook) if section is not None else (),
            dedup=tuple(section.dedup) if section is not None else DEFAULT_DEDUP,
            window_seconds=window_seconds(section),
            licence=written.license or self._origin.licence,
            link=f"{base}{name}" if base is not None else None,
            logsource=LogSource(
                product=_word(written.logsource.product),
                category=_word(written.logsource.category),
                service=_word(written.logsource.service),
            ),
            path=name,
            content_hash=sha256(msgspec.json.encode(document.value, order="sorted")).hexdigest(),
            condition=translate(written.detection, self._placeholders),
        )

    def _fault(self, name: str, place: tuple[int, int], reason: str) -> None:
        self._faults.append(RuleFault(file=name, line=place[0], column=place[1], reason=reason))


def _rule_files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        if not path.is_dir():
            yield path, path.name
            continue
        found = (file for suffix in ("yml", "yaml") for file in path.rglob(f"*.{suffix}") if file.is_file())
        for file in sorted(found):
            yield file, file.relative_to(path).as_posix()


def _samples(written: RuleDocument) -> Samples:
    if written.watchfloor is None:
        return Samples(fires=(), silent=())
    section = written.watchfloor.samples
    return Samples(
        fires=tuple(msgspec.json.encode(sample) for sample in section.fires),
        silent=tuple(msgspec.json.encode(sample) for sample in section.silent),
    )


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _word(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()
