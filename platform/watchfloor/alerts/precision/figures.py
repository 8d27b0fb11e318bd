"""Rules' precision in one tenant: read for rules, kept with each verdict.

Owns `wf.rule_verdicts`: one row for a rule and an incident. A verdict that is corrected, and alerts that join or leave
an incident that has one, are noted anew. Other tenants' verdicts are never read here; health adds tenants up for the
operator, without their names.
"""

from collections.abc import Iterable

from watchfloor.alerts.precision import queries
from watchfloor.alerts.precision.estimate import Verdicts
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId


async def precision_of(tx: TenantTx, rule_ids: Iterable[str]) -> dict[str, Verdicts]:
    """What people of the tenant ever said of incidents of these rules. A rule without verdicts has zeros."""
    wanted = sorted(set(rule_ids))
    found = by_rule(await queries.select_tallies(tx, wanted)) if wanted else {}
    return {rule_id: found.get(rule_id, Verdicts()) for rule_id in wanted}


async def note_verdict(tx: TenantTx, incident_id: IncidentId) -> list[str]:
    """Brings the figures of the incident's rules in line with its verdict and its alerts, as they stand now.

    Returns the ids of the rules whose figures may have changed. The caller holds the incident's lock.
    """
    before = await queries.delete_verdicts(tx, incident_id)
    after = await queries.insert_verdicts(tx, incident_id)
    return sorted({*before, *after})


def by_rule(rows: Iterable[queries.TallyRow]) -> dict[str, Verdicts]:
    """The counts put together, by the rule's id."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row.rule_id, {})[row.verdict] = row.incidents
    return {rule_id: Verdicts(**by_verdict) for rule_id, by_verdict in counts.items()}
