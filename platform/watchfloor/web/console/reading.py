"""What the page needs, read at the desk's front as the person who looks: the queue, one incident, what is unanswered.

Every look is one of the desk's own verbs, so that rights are read anew and visits are noted as for any other surface.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from watchfloor.access.principal import Principal
from watchfloor.desk.front import Answer, Front, customers
from watchfloor.desk.people import addresses_of_colleagues
from watchfloor.desk.reading import QUEUES
from watchfloor.desk.verb import Intent
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.web.console.forms import Form, desk_forms, manual, next_forms, other_forms
from watchfloor.web.console.views import CardView, LineView, RowView, card_view, href, queue_view, rows_view

LENGTHS: Final = ("30m", "1h", "4h", "1d")
"""Lengths of time that a form suggests."""

LINES_SHOWN: Final = 40
"""How many incidents of the queue stand on a page."""

_LONGEST_REFERENCE: Final = 64
_PLACE: Final = re.compile(r"[1-9][0-9]{0,5}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is asked to show: the incident `at`, and `which` queue, from behind its first `past` lines."""

    at: str = ""
    which: str = "open"
    past: int = 0

    @property
    def place(self) -> str:
        """`past` as an address says it; empty at the beginning."""
        return str(self.past) if self.past else ""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands on the page. `is_missing` says that the incident that was asked for is not to be seen."""

    asked: Asked
    name: str
    lines: tuple[LineView, ...]
    before: str
    after: str
    counted: str
    card: CardView | None
    is_missing: bool
    next_forms: tuple[Form, ...]
    other_forms: tuple[Form, ...]
    desk_forms: tuple[Form, ...]
    unanswered: tuple[RowView, ...]
    colleagues: tuple[str, ...]
    lengths: tuple[str, ...] = LENGTHS
    manual: tuple[tuple[str, str], ...] = ()


def asked_of(query: Mapping[str, str]) -> Asked:
    """What an address or a form asks to see; what it is not, it is not taken for."""
    which, past = query.get("which", ""), query.get("past", "")
    return Asked(
        at=query.get("at", "").strip()[:_LONGEST_REFERENCE],
        which=which if which in QUEUES else "open",
        past=int(past) if _PLACE.fullmatch(past) else 0,
    )


async def read_desk(front: Front, principal: Principal, asked: Asked, *, clock: Clock) -> Desk:
    """The desk as it stands for this person."""
    queue = await front.perform_as(principal, Intent(verb="queue", arguments={"which": asked.which}))
    pages = await front.perform_as(principal, Intent(verb="pages"))
    shown = await _shown(front, principal, asked)
    card = None if shown is None else shown.reply.card
    async with directory_tx(front.directory) as tx:
        own = [membership.tenant_id for membership in customers(principal)]
        colleagues = await addresses_of_colleagues(tx, own)
    now = clock.now()
    lines = queue.reply.queue
    past = min(asked.past, max(len(lines) - 1, 0)) // LINES_SHOWN * LINES_SHOWN
    asked = msgspec.structs.replace(asked, past=past)
    ref = "" if card is None else card.ref
    return Desk(
        asked=asked,
        name=principal.name,
        lines=queue_view(
            lines[past : past + LINES_SHOWN],
            queue.names,
            principal,
            at=ref,
            address={"which": asked.which, "past": asked.place},
            now=now,
        ),
        before=_beside(asked, past - LINES_SHOWN) if past else "",
        after=_beside(asked, past + LINES_SHOWN) if past + LINES_SHOWN < len(lines) else "",
        counted=queue.reply.text,
        card=None if shown is None or card is None else card_view(card, shown.reply.timeline, shown.names, now=now),
        is_missing=bool(asked.at) and card is None,
        next_forms=() if card is None else next_forms(card),
        other_forms=() if card is None else other_forms(card, principal),
        desk_forms=desk_forms(principal),
        unanswered=rows_view(pages.reply.rows, pages.names, now=now),
        colleagues=tuple(colleagues),
        manual=manual(),
    )


def _beside(asked: Asked, past: int) -> str:
    """The address of another part of the same queue."""
    return href(at=asked.at, which=asked.which, past=msgspec.structs.replace(asked, past=past).place)


async def _shown(front: Front, principal: Principal, asked: Asked) -> Answer | None:
    """The incident that was asked for; None for what is not the person's, or is no incident at all."""
    if not asked.at:
        return None
    try:
        return await front.perform_as(principal, Intent(verb="show", incident=asked.at))
    except (NotFound, Invalid):
        return None
