"""What the facts suggest about Art. 33 and 34 GDPR. A suggestion with reasons, for a person who decides.

Owns our own rule, which is neither ENISA's nor an authority's: the score from which a notice is suggested, and the
doubts that suggest one below it. Never decides, never blocks: the register is always suggested, and a low score is no
reason in itself to keep silent.
"""

from typing import Literal, TypeAlias

import msgspec

from watchfloor.breach.rules.enisa import Circumstances, Processing, Severity
from watchfloor.breach.rules.regime import Dated

Reason: TypeAlias = Literal[
    "severity",
    "level_set_by_person",
    "special_category",
    "credentials",
    "large_scale",
    "readable_by_malice",
    "taken_away_by_malice",
    "unintelligible",
    "trusted_recipient",
    "low_severity",
]

_RANK = {"low": 1, "medium": 2, "high": 3, "very_high": 4}


class AdviceRule(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of our rule: scores from which a notice is suggested, and how many persons are many."""

    notify_from: float
    tell_from: float
    tell_many_from: float
    """The score from which persons are to be told where they are many."""
    many_persons: int


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule looks at, beside the severity."""

    processing: tuple[Processing, ...]
    circumstances: Circumstances
    persons: int | None = None
    """The upper end of the estimate."""
    is_unintelligible: bool = False
    """All affected data unreadable to whoever has them, and the key safe."""
    has_copy: bool = True
    """Whether the controller still has the data, so that nothing is lost."""
    trusted_recipient: bool = False
    """Whether the only recipients are trusted ones who confirmed that they deleted or returned the data."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is suggested. `weigh` names what a person should weigh although the rule did not decide by it."""

    rule: str
    register: bool
    notify_authority: bool
    tell_subjects: bool
    for_notice: tuple[Reason, ...]
    for_telling: tuple[Reason, ...]
    against: tuple[Reason, ...]
    weigh: tuple[Reason, ...]


def advise(breach: Breach, severity: Severity, rule: AdviceRule) -> Suggestion:
    """Suggest what Art. 33 and 34 ask for. Always leaves the decision open."""
    score = severity.se if severity.override is None else float(_RANK[severity.level])
    measure: Reason = "severity" if severity.override is None else "level_set_by_person"
    is_many = breach.persons is not None and breach.persons >= rule.many_persons
    if breach.is_unintelligible and breach.has_copy:
        return _suggestion(rule, against=("unintelligible",), weigh=("large_scale",) if is_many else ())
    doubts = _doubts(breach, is_many=is_many)
    if breach.trusted_recipient and score < rule.tell_from:
        return _suggestion(rule, against=("trusted_recipient",), weigh=doubts)
    telling: list[Reason] = [measure] if score >= rule.tell_from else []
    if not telling and is_many and score >= rule.tell_many_from:
        telling.append("large_scale")
    reached: list[Reason] = [measure] if score >= rule.notify_from else []
    notice = (*reached, *doubts)
    against: tuple[Reason, ...] = () if notice else ("low_severity",)
    weigh: tuple[Reason, ...] = () if telling else tuple(doubt for doubt in doubts if doubt == "large_scale")
    return _suggestion(rule, notice=notice, telling=tuple(telling), against=against, weigh=weigh)


def _doubts(breach: Breach, *, is_many: bool) -> tuple[Reason, ...]:
    """What suggests a notice whatever the score."""
    given = breach.circumstances
    scores = {part.category: part.score for part in breach.processing}
    doubts: list[Reason] = []
    if scores.get("sensitive", 0) > 1:  # at 1 a person has said, with a reason, that it gives no real insight
        doubts.append("special_category")
    if "credentials" in scores:
        doubts.append("credentials")
    if is_many:
        doubts.append("large_scale")
    if given.malicious and given.confidentiality > 0 and not breach.is_unintelligible:
        doubts.append("readable_by_malice")
    if given.malicious and given.availability + given.integrity > 0:
        doubts.append("taken_away_by_malice")
    return tuple(doubts)


def _suggestion(
    rule: AdviceRule,
    *,
    notice: tuple[Reason, ...] = (),
    telling: tuple[Reason, ...] = (),
    against: tuple[Reason, ...] = (),
    weigh: tuple[Reason, ...] = (),
) -> Suggestion:
    return Suggestion(
        rule=rule.id,
        register=True,
        notify_authority=bool(notice or telling),
        tell_subjects=bool(telling),
        for_notice=notice,
        for_telling=telling,
        against=against,
        weigh=weigh,
    )
