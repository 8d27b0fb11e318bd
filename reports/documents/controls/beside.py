"""What the customer's own records do not hold and its evidence needs: the installation's rules and its rota.

Read beside the tenant's transaction; of the operator's records only what `watchfloor.controls.people.roster` gives.
"""

import asyncio
from contextvars import Context
from datetime import date

from reports.letterhead import Desk
from watchfloor.controls.detection.coverage import content_of
from watchfloor.controls.measurement import Beside, Content
from watchfloor.controls.people.roster import operators_roster
from watchfloor.kernel.config import Settings
from watchfloor.ops.rulesets.installed import load_ruleset


async def read_beside(desk: Desk, *, first: date, until: date) -> Beside:
    """The rules and the rota for these days; without settings or records none of them."""
    if desk.settings is None or desk.records is None:
        return Beside()
    # In a context of its own: the guard against nested transactions of tenants stands in ours, and what is read of the
    # operator's records here is hours of its rota and nothing of any customer.
    reading = operators_roster(desk.records, desk.directory, first=first, until=until)
    roster = await asyncio.create_task(reading, context=Context())
    return Beside(content=await asyncio.to_thread(_content, desk.settings), roster=roster)


def _content(settings: Settings) -> Content:
    return content_of(load_ruleset(settings).rules)
