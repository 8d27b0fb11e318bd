"""Supervisory authorities and the laws of the states of the USA, as rows of data. Owns their shape.

An address that nobody has verified is not in a row. Nothing here is ever sent to by a program: a person files.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from watchfloor.breach.rules.regime import Clock, Mark, Regime, Stage, Trigger

_WARN_HOURS: Final = (240, 120, 48, 24)


class Authority(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes notices of personal data breaches in a country or a part of it."""

    code: str
    """ISO 3166-1 or 3166-2 of what it is competent for; `EU` for the bodies of the Union; a digit tells two apart."""
    name: str
    site: str
    languages: tuple[str, ...]
    """What it accepts, the usual one first: ISO 639-1, or `any-eu`."""
    channel: str
    competence: str | None = None
    mark: Mark
    source: str
    valid_from: date
    valid_to: date | None = None
    verified_at: date | None = None
    """When a person last checked site, language and channel; until then they are shown as unconfirmed."""
    address: str | None = None
    email: str | None = None
    note: str | None = None


class StateLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a state of the USA wants its residents and its authority told. Days are calendar days from discovery."""

    state: str
    """The postal code; `*` for every state without a row."""
    persons_days: int | None = None
    """None where the law says "without unreasonable delay" and no number."""
    authority: str
    authority_threshold: str | None = None
    authority_days: int | None = None
    authority_after_persons: bool = False
    """Whether the authority's days run from the notice to the residents."""
    harm_test: bool | None = None
    encryption_safe_harbour: bool | None = None
    credit_bureau_threshold: int | None = None
    mark: Mark
    source: str
    valid_from: date
    valid_to: date | None = None
    note: str | None = None


def find_authorities(rows: Iterable[Authority], code: str, day: date) -> list[Authority]:
    """Who may be competent for a country, the national one first, then those of its parts."""
    found = [row for row in rows if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)]
    return sorted(
        (row for row in found if row.code == code or row.code.startswith(f"{code}-")), key=lambda row: row.code
    )


def state_regimes(rows: Iterable[StateLaw]) -> list[Regime]:
    """The states' laws as regimes: one for each state, each row of it a version."""
    laws: dict[str, list[StateLaw]] = {}
    for row in rows:
        laws.setdefault(row.state, []).append(row)
    return [_regime(state, versions) for state, versions in laws.items()]


def _regime(state: str, versions: list[StateLaw]) -> Regime:
    name = "other" if state == "*" else state.lower()
    return Regime(
        id=f"us-{name}",
        title="US state law, other states" if state == "*" else f"US state law, {state}",
        jurisdiction="US" if state == "*" else f"US-{state}",
        actor="entity",
        triggers=tuple(_trigger(name, law) for law in versions),
        stages=tuple(stage for law in versions for stage in _stages(name, law)),
        note="Ask counsel: elements of data, harm tests and thresholds differ from state to state.",
    )


def _trigger(name: str, law: StateLaw) -> Trigger:
    return Trigger(
        id=f"us-{name}-trigger-{law.valid_from:%Y%m%d}",
        source=law.source,
        valid_from=law.valid_from,
        valid_to=law.valid_to,
        mark=law.mark,
        moment="discovered",
        words="Data elements that the state's law lists, of residents of the state, were taken.",
    )


def _stages(name: str, law: StateLaw) -> tuple[Stage, ...]:
    persons = Clock(after="discovered", days=law.persons_days)
    authority = (
        Clock(after_stage="persons", days=law.authority_days)
        if law.authority_after_persons
        else Clock(after="discovered", days=law.authority_days)
    )
    return (
        _stage(name, "persons", law, title="Notice to the residents", clock=persons),
        _stage(name, "authority", law, title=f"Notice to: {law.authority}", clock=authority),
    )


def _stage(name: str, stage: str, law: StateLaw, *, title: str, clock: Clock) -> Stage:
    over = stage == "authority" and law.authority_threshold not in (None, "1")
    return Stage(
        id=f"us-{name}-{stage}-{law.valid_from:%Y%m%d}",
        stage=stage,
        title=title,
        source=law.source,
        valid_from=law.valid_from,
        valid_to=law.valid_to,
        mark=law.mark,
        recipient="data_subjects" if stage == "persons" else "attorney_general",
        due=(clock,),
        conditions=("state_threshold_met",) if over else (),
        warn_hours=_WARN_HOURS if clock.days is not None else (),
        note=f"From {law.authority_threshold} residents on. {law.note or ''}".strip() if over else law.note,
    )
