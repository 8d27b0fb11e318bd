"""Reading a tenant's overlay: what its rules are to it, its exceptions with what they hid, its lists.

Reads only. The caller has checked that its actor may.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from watchfloor.alerts.overlay import queries
from watchfloor.alerts.overlay.loading import RULE_IS_OFF, read_tuning
from watchfloor.alerts.overlay.queries import ExceptionRow, HiddenRow
from watchfloor.alerts.overlay.sealing import ExceptionBody, open_exception, open_list, open_reason
from watchfloor.detect.overlay import Exemption, Tuning, is_effective, missing_lists
from watchfloor.detect.rule import Level, Rule
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound

DAYS: Final = 30
"""For how many days what was hidden is added up."""

RuleState: TypeAlias = Literal["active", "disabled", "lists_missing"]
ExceptionState: TypeAlias = Literal["active", "expired", "ended", "broken"]


class TunedRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a shared rule is to a tenant. `level` is the tenant's; `hidden` counts matches of the last `DAYS` days."""

    rule: Rule
    state: RuleState
    level: Level
    missing_lists: tuple[str, ...]
    exceptions: int
    reason: str | None
    changed_at: datetime | None
    changed_by: str | None
    hidden: int
    last_hidden_at: datetime | None


class KeptException(msgspec.Struct, frozen=True, kw_only=True):
    """An exception as it stands. `broken`: in force, but it cannot be run (its lists are gone), so it hides nothing.

    `incident_id` is the incident that it was made from, if any.
    """

    id: UUID
    state: ExceptionState
    body: ExceptionBody
    created_at: datetime
    created_by: str
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    incident_id: UUID | None
    hidden: int
    last_hidden_at: datetime | None


class KeptList(msgspec.Struct, frozen=True, kw_only=True):
    """A list."""

    name: str
    entries: tuple[str, ...]
    reason: str
    changed_at: datetime
    changed_by: str


async def list_rules(tx: TenantTx, cipher: TenantCipher, *, rules: Sequence[Rule], at: datetime) -> list[TunedRule]:
    """The rules in their order."""
    tuning = await read_tuning(tx, cipher, at=at)
    settings = {row.rule_id: row for row in await queries.select_settings(tx)}
    hidden = await queries.select_hidden(tx, since=(at - timedelta(days=DAYS)).date())
    by_rule: dict[str, list[HiddenRow]] = {}
    for row in hidden:
        by_rule.setdefault(row.rule_id, []).append(row)
    found: list[TunedRule] = []
    for rule in rules:
        setting, counts = settings.get(rule.id), by_rule.get(rule.id, [])
        missing = missing_lists(rule, tuning.lists)
        found.append(
            TunedRule(
                rule=rule,
                state=_rule_state(rule, tuning, missing),
                level=tuning.levels.get(rule.id, rule.level),
                missing_lists=missing,
                exceptions=sum(exemption.written.is_for(rule) for exemption in tuning.exemptions),
                reason=None if setting is None else open_reason(cipher, setting),
                changed_at=None if setting is None else setting.changed_at,
                changed_by=None if setting is None else setting.changed_by,
                hidden=sum(row.hidden for row in counts),
                last_hidden_at=max((row.last_at for row in counts), default=None),
            )
        )
    return found


async def list_exceptions(
    tx: TenantTx, cipher: TenantCipher, *, before: UUID, limit: int, at: datetime
) -> list[KeptException]:
    """All that there ever were, the newest first, of those older than `before`."""
    rows = await queries.select_exceptions(tx, before=before, limit=limit)
    return await _kept(tx, cipher, rows, at)


async def unended_exceptions(tx: TenantTx, cipher: TenantCipher, *, at: datetime) -> list[KeptException]:
    """Those that nobody ended, among them expired ones, the oldest first."""
    return await _kept(tx, cipher, await queries.select_unended_exceptions(tx), at)


async def find_exception(tx: TenantTx, cipher: TenantCipher, exception_id: UUID, *, at: datetime) -> KeptException:
    """One of them. Raises NotFound."""
    row = await queries.select_exception(tx, exception_id)
    if row is None:
        raise NotFound("There is no such exception.")
    (kept,) = await _kept(tx, cipher, [row], at)
    return kept


async def list_lists(tx: TenantTx, cipher: TenantCipher) -> list[KeptList]:
    """The lists, by name."""
    found: list[KeptList] = []
    for row in await queries.select_lists(tx):
        body = open_list(cipher, row)
        found.append(
            KeptList(
                name=row.name,
                entries=body.entries,
                reason=body.reason,
                changed_at=row.changed_at,
                changed_by=row.changed_by,
            )
        )
    return found


def _rule_state(rule: Rule, tuning: Tuning, missing: tuple[str, ...]) -> RuleState:
    if rule.id in tuning.disabled:
        return "disabled"
    return "lists_missing" if missing else "active"


async def _kept(tx: TenantTx, cipher: TenantCipher, rows: Sequence[ExceptionRow], at: datetime) -> list[KeptException]:
    tuning = await read_tuning(tx, cipher, at=at)
    counts: dict[UUID, list[HiddenRow]] = {}
    for count in await queries.select_hidden(tx, since=(at - timedelta(days=DAYS)).date()):
        if count.exception_id != RULE_IS_OFF:
            counts.setdefault(count.exception_id, []).append(count)
    found: list[KeptException] = []
    for row in rows:
        body, hidden = open_exception(cipher, row), counts.get(row.id, [])
        found.append(
            KeptException(
                id=row.id,
                state=_exception_state(row, body, tuning, at),
                body=body,
                created_at=row.created_at,
                created_by=row.created_by,
                expires_at=row.expires_at,
                ended_at=row.ended_at,
                ended_by=row.ended_by,
                incident_id=row.incident_id,
                hidden=sum(count.hidden for count in hidden),
                last_hidden_at=max((count.last_at for count in hidden), default=None),
            )
        )
    return found


def _exception_state(row: ExceptionRow, body: ExceptionBody, tuning: Tuning, at: datetime) -> ExceptionState:
    if row.ended_at is not None:
        return "ended"
    if row.expires_at <= at:
        return "expired"
    exemption = Exemption(id=row.id, expires_at=row.expires_at, written=body.written)
    return "active" if is_effective(exemption, tuning.lists) else "broken"
