"""The typed form of a Sigma rule's document, and of our own block in it.

Metadata keys follow the Sigma specification 2.1; keys that it does not know are allowed there and ignored here, except
inside the `watchfloor:` block, which is ours. The detection section is checked for shape only; `translation` reads it.
"""

import re
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.detect.rule import DEFAULT_DEDUP, DEFAULT_WINDOW_SECONDS, Level
from watchfloor.detect.yaml_document import YamlDocument, YamlValue
from watchfloor.kernel.errors import Invalid

MAX_TITLE: Final = 256
MAX_WINDOW_SECONDS: Final = 7 * 86_400

_TAXONOMY: Final = "sigma"
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WINDOW: Final = re.compile(r"([1-9]\d{0,5})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TAG: Final = re.compile(r"[a-z0-9_-]+\.[a-z0-9._-]+")
_PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[(\.\.\.)\]")
_NAMED_FIELD: Final = re.compile(r"unknown field `([^`]+)`")


class DocumentFault(Invalid):
    """A part of a rule's document is wrong. `path` names the part: map keys and list indices."""

    def __init__(self, message: str, *, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.path = path


class LogSourceSection(msgspec.Struct, frozen=True, kw_only=True):
    """The `logsource` section."""

    product: str | None = None
    category: str | None = None
    service: str | None = None


WrittenSample: TypeAlias = dict[str, object] | list[object] | str


class SampleSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `watchfloor.samples` section: events as their source writes them (see `sample_documents`)."""

    fires: tuple[WrittenSample, ...] = ()
    silent: tuple[WrittenSample, ...] = ()


class WatchfloorSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `watchfloor` section: what a Sigma rule does not say of itself and an analyst needs."""

    why: str
    runbook: tuple[str, ...]
    dedup: tuple[str, ...] = DEFAULT_DEDUP
    window: str = f"{DEFAULT_WINDOW_SECONDS}s"
    samples: SampleSection = SampleSection()


class DocumentHead(msgspec.Struct, frozen=True, kw_only=True):
    """What documents of rules and of correlations have in common."""

    title: str
    name: str | None = None
    taxonomy: str = _TAXONOMY
    status: Literal["stable", "test", "experimental", "deprecated", "unsupported"] = "experimental"
    description: str | None = None
    author: str | None = None
    license: str | None = None
    references: list[str] | None = None
    tags: list[str] | None = None
    falsepositives: str | list[str] | None = None
    watchfloor: WatchfloorSection | None = None

    @property
    def false_positives(self) -> tuple[str, ...]:
        """What else may fire it."""
        given = self.falsepositives
        return (given,) if isinstance(given, str) else tuple(given or ())


class RuleDocument(DocumentHead, frozen=True, kw_only=True):
    """A Sigma rule, section by section. What the specification makes optional is optional."""

    logsource: LogSourceSection
    detection: dict[str, object]
    id: str | None = None
    level: Level | None = None
    falsepositives: list[str] | None = None


def read_rule(document: YamlDocument, *, require_samples: bool, serves: bool = False) -> RuleDocument:
    """The typed form of a document. Raises DocumentFault with the path of what is wrong.

    A rule that only `serves` a correlation beside it raises no alert, so it may leave its level and samples out.
    """
    _refuse_other_kinds(document.value)
    value = document.value
    if serves and isinstance(value, dict):
        value = {"level": "informational", **value}
    try:
        rule = msgspec.convert(value, RuleDocument)
    except msgspec.ValidationError as error:
        raise fault_of(str(error)) from None
    check_metadata(rule, rule.id)
    source = rule.logsource
    if source.product is None and source.category is None and source.service is None:
        raise DocumentFault("A log source names a product, a category or a service.", path=("logsource",))
    if require_samples and not serves:
        if rule.id is None or rule.level is None:
            raise DocumentFault("A shared rule has an id and a level.", path=())
        check_shared(rule)
    return rule


def window_seconds(section: WatchfloorSection | None) -> int:
    """The rule's window. Raises DocumentFault if it is not of the form `30m`, or over `MAX_WINDOW_SECONDS`."""
    if section is None:
        return DEFAULT_WINDOW_SECONDS
    written = _WINDOW.fullmatch(section.window)
    seconds = int(written[1]) * _SECONDS[written[2]] if written is not None else 0
    if not 0 < seconds <= MAX_WINDOW_SECONDS:
        raise DocumentFault(
            "A window is a number and s, m, h or d, and at most 7d, such as 30m.", path=("watchfloor", "window")
        )
    return seconds


def _refuse_other_kinds(value: YamlValue) -> None:
    if not isinstance(value, dict):
        raise DocumentFault("A rule is a map of sections.", path=())
    kinds = {
        "action": "Rule collections with `action` are Sigma version 1 and not supported.",
    }
    for key, reason in kinds.items():
        if key in value:
            raise DocumentFault(reason, path=(key,))


def check_metadata(rule: DocumentHead, rule_id: str | None) -> None:
    """Raises DocumentFault for metadata that cannot stand."""
    if not rule.title.strip() or len(rule.title) > MAX_TITLE:
        raise DocumentFault(f"A title has 1 to {MAX_TITLE} characters.", path=("title",))
    if rule_id is not None and not _UUID.fullmatch(rule_id.lower()):
        raise DocumentFault("An id is a UUID, such as 929a690e-bef0-4204-a928-ef5e620d6fcc.", path=("id",))
    if rule.taxonomy != _TAXONOMY:
        raise DocumentFault(
            f"Fields and log sources have the names of the taxonomy `{_TAXONOMY}` here, no others.", path=("taxonomy",)
        )
    if rule.status == "unsupported":
        raise DocumentFault("The rule says of itself that it is unsupported.", path=("status",))
    for index, tag in enumerate(rule.tags or ()):
        if not _TAG.fullmatch(tag):
            raise DocumentFault("A tag is `namespace.name` in lower case.", path=("tags", index))
    window_seconds(rule.watchfloor)


def check_shared(rule: DocumentHead) -> None:
    """Raises DocumentFault unless the rule says everything that an analyst needs, and proves itself."""
    section = rule.watchfloor
    if section is None:
        raise DocumentFault("A shared rule has a `watchfloor` section with why, runbook and samples.", path=())
    required: tuple[tuple[bool, str, tuple[str | int, ...]], ...] = (
        (bool(section.why.strip()), "`why` is empty.", ("watchfloor", "why")),
        (len(section.runbook) >= 1, "`runbook` has no step.", ("watchfloor", "runbook")),
        (len(section.dedup) >= 1, "`dedup` names nothing.", ("watchfloor", "dedup")),
        (len(section.samples.fires) >= 1, "No sample fires.", ("watchfloor", "samples", "fires")),
        (len(section.samples.silent) >= 1, "No sample stays silent.", ("watchfloor", "samples", "silent")),
        (bool(rule.author), "A shared rule has an author.", ("author",)),
        (bool(rule.license), "A shared rule has a licence.", ("license",)),
        (bool(rule.false_positives), "A shared rule says what else may fire it.", ("falsepositives",)),
        (
            any(tag.startswith("attack.t") for tag in rule.tags or ()),
            "A shared rule has an ATT&CK technique among its tags.",
            ("tags",),
        ),
    )
    for holds, reason, path in required:
        if not holds:
            raise DocumentFault(reason, path=path)


def fault_of(message: str) -> DocumentFault:
    """Msgspec's message, such as "Expected `str`, got `int` - at `$.tags[0]`", as reason and path."""
    matched = _PLACE.match(message)
    what, written = (matched["what"], matched["path"] or "") if matched is not None else (message, "")
    path: list[str | int] = []
    for name, index, _ in _STEP.findall(written):
        if name:
            path.append(name)
        elif index:
            path.append(int(index))
    named = _NAMED_FIELD.search(what)
    if named is not None:
        path.append(named[1])
    return DocumentFault(f"{what}.", path=tuple(path))
