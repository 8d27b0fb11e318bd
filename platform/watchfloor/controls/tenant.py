"""What evidence needs of the tenant itself: its time zone, and that a period has begun there."""

from datetime import date

from watchfloor.controls import queries
from watchfloor.controls.result import Period
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound


async def time_zone(tx: TenantTx) -> str:
    """The tenant's time zone. Raises NotFound when the tenant is gone."""
    found = await queries.select_time_zone(tx)
    if found is None:
        raise NotFound("There is no such tenant.")
    return found


def check_begun(period: Period, today: date) -> None:
    """Raises Invalid when the period has not begun."""
    if period.first > today:
        raise Invalid("This period has not begun.", where="from")
