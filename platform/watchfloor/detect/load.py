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

from watchfloor.detect.correlation_document import CorrelationDocument, read_correlation
from watchfloor.detect.correlation_links import PlacedCorrelation, identity, is_correlation, link, serves, serving
from watchfloor.detect.diagnosis import check_shape
from watchfloor.detect.document import DocumentFault, RuleDocument, read_rule, window_seconds
from watchfloor.detect.filters import PlacedFilter, apply_filters, is_filter, read_filter
from watchfloor.detect.lists import NEVER
from watchfloor.detect.rule import DEFAULT_DEDUP, LoadReport, Rule, RuleFault, Samples
from watchfloor.detect.sample_documents import event_samples, sequence_samples
from watchfloor.detect.translation import Placeholders, translate
from watchfloor.detect.yaml_document import YamlDocument, YamlFault, YamlValue, read_documents
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import LogSource

_NO_PLACEHOLDERS: Final[Mapping[str, tuple[str, ...]]] = {}


NO_SAMPLES: Final = Samples(fires=(), silent=())


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


def load_rule(text: str) -> Rule:
    """The one rule in a YAML text. Raises Invalid with the place of what is wrong."""
    loader = _Loading(require_samples=False, origin=UNKNOWN_ORIGIN, placeholders=_NO_PLACEHOLDERS)
    loader.read(text.encode(), "rule")
    report = loader.report()
    if report.faults:
        fault = report.faults[0]
        raise Invalid(fault.reason, where=f"rule:{fault.line}:{fault.column}")
    if len(report.rules) != 1:
        raise Invalid(f"Here are {len(report.rules)} rules.", where="rule", remedy="Give one.")
    return report.rules[0]


def load_shared_rules() -> LoadReport:
    """Loads the shared content that this package ships."""
    return load_rules([shared_folder()], require_samples=True)


def shared_folder() -> Path:
    """Where the shared content stands."""
    return Path(str(files("watchfloor.content"))) / "rules"


class _Loading:
    """The state of one loading."""

    def __init__(self, *, require_samples: bool, origin: Origin, placeholders: Placeholders) -> None:
        self._require_samples = require_samples
        self._origin = origin
        self._placeholders = placeholders
        self._rules: dict[str, Rule] = {}
        self._samples: dict[str, Samples] = {}
        self._faults: list[RuleFault] = []
        self._order: dict[str, int] = {}
        self._correlations: list[PlacedCorrelation] = []
        self._filters: list[PlacedFilter] = []

    def load(self, file: Path, name: str) -> None:
        """Loads one file, known to people as `name`."""
        try:
            self.read(file.read_bytes(), name)
        except OSError as error:
            self._fault(name, (1, 1), f"The file cannot be read: {error.strerror}.")

    def read(self, content: bytes, name: str) -> None:
        """Loads what stands in one file."""
        documents: list[YamlDocument] = []
        try:
            documents.extend(read_documents(content))
        except YamlFault as fault:
            self._fault(name, (fault.line, fault.column), fault.message)
        references = serving(document.value for document in documents)
        for document in documents:
            self._load_document(document, name, is_serving=serves(document.value, references))

    def report(self) -> LoadReport:
        """What has been loaded. Correlations are linked and filters applied here, when all rules are known."""
        linked, refused = link(self._correlations, self._rules)
        for placed, fault in refused:
            self._fault(placed.rule.path, placed.document.place(fault.path), fault.message)
            del self._samples[placed.rule.id]
        known = sorted({**self._rules, **linked}.values(), key=lambda rule: self._order[rule.id])
        rules, faults = apply_filters(tuple(known), self._filters)
        return LoadReport(rules=rules, faults=(*self._faults, *faults), samples=self._samples)

    def _load_document(self, document: YamlDocument, name: str, *, is_serving: bool) -> None:
        if is_filter(document.value):
            self._load_filter(document, name)
            return
        if is_correlation(document.value):
            self._load_correlation(document, name, is_serving=is_serving)
            return
        try:
            written = read_rule(document, require_samples=self._require_samples, serves=is_serving)
            detection = cast("dict[str, YamlValue]", written.detection)
            check_shape(detection)
            rule = self._rule(written, document, name, alerts=not is_serving)
            samples = event_samples(written.watchfloor.samples) if written.watchfloor is not None else NO_SAMPLES
            self._register(rule, samples)
        except DocumentFault as fault:
            self._fault(name, document.place(fault.path), fault.message)
            return
        self._rules[rule.id] = rule

    def _load_correlation(self, document: YamlDocument, name: str, *, is_serving: bool) -> None:
        try:
            written = read_correlation(document, require_samples=self._require_samples and not is_serving)
            rule = self._rule(written, document, name, alerts=not is_serving)
            samples = sequence_samples(written.watchfloor.samples) if written.watchfloor is not None else NO_SAMPLES
            self._register(rule, samples)
        except DocumentFault as fault:
            self._fault(name, document.place(fault.path), fault.message)
            return
        self._correlations.append(PlacedCorrelation(written=written, document=document, rule=rule))

    def _register(self, rule: Rule, samples: Samples) -> None:
        """Takes the rule's id, place and samples. Raises DocumentFault when the id is taken."""
        if rule.id in self._order:
            known = (*self._rules.values(), *(placed.rule for placed in self._correlations))
            earlier = next(other.path for other in known if other.id == rule.id)
            raise DocumentFault(f"The rule {earlier} has this id too.", path=("id",))
        self._order[rule.id] = len(self._order)
        self._samples[rule.id] = samples

    def _load_filter(self, document: YamlDocument, name: str) -> None:
        try:
            self._filters.append(PlacedFilter(written=read_filter(document.value), document=document, path=name))
        except DocumentFault as fault:
            self._fault(name, document.place(fault.path), fault.message)

    def _rule(
        self, written: RuleDocument | CorrelationDocument, document: YamlDocument, name: str, *, alerts: bool
    ) -> Rule:
        section, base, title = written.watchfloor, self._origin.link_base, written.title.strip()
        rule = written if isinstance(written, RuleDocument) else None
        return Rule(
            id=written.id.lower() if written.id is not None else identity(title, name),
            title=title,
            level=written.level or "medium",
            status="experimental" if written.status == "unsupported" else written.status,
            author=written.author or "unknown",
            references=tuple(written.references or ()),
            tags=tuple(written.tags or ()),
            why=_paragraph(section.why if section is not None else written.description or written.title),
            false_positives=written.false_positives,
            runbook=tuple(_paragraph(step) for step in section.runbook) if section is not None else (),
            dedup=tuple(section.dedup) if section is not None else DEFAULT_DEDUP,
            window_seconds=window_seconds(section),
            licence=written.license or self._origin.licence,
            link=f"{base}{name}" if base is not None else None,
            logsource=_logsource(rule) if rule is not None else LogSource(),
            path=name,
            content_hash=sha256(msgspec.json.encode(document.value, order="sorted")).hexdigest(),
            condition=translate(rule.detection, self._placeholders) if rule is not None else NEVER,
            name=written.name,
            alerts=alerts,
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


def _logsource(written: RuleDocument) -> LogSource:
    section = written.logsource
    return LogSource(product=_word(section.product), category=_word(section.category), service=_word(section.service))


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _word(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()
