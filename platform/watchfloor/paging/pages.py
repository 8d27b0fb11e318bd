"""Raising a page: in the transaction of its cause, in the customer's tenant, once for a key.

Owns what a page is. It plans and sends nothing: a worker writes the steps down (`steps`) and takes them when they are
due. What ends a page is read from the record each time, so that no surface has to remember to stop one.
"""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId, new_uuid
from watchfloor.paging import queries
from watchfloor.paging.ladder import LadderName

PAGES: Final = "pages"
"""The lane of hints that a tenant has pages to be worked on."""

CHAT_PAGES: Final = "pages.chat"
"""The lane of hints that a tenant has steps that the chat may take."""

Urgency = Literal["critical", "high", "normal"]
Reason = Literal["opened", "called", "escalated", "late_soon", "late", "duty_soon", "duty_missed", "other"]

REASONS: Final[dict[str, str]] = {
    "opened": "Nobody has acknowledged this incident yet.",
    "called": "A colleague asks for you.",
    "escalated": "A colleague has escalated this incident.",
    "late_soon": "A target of the service agreement is about to be missed.",
    "late": "A target of the service agreement has been missed.",
    "duty_soon": "The deadline of a duty to report comes near.",
    "duty_missed": "The deadline of a duty to report has passed.",
    "other": "Somebody has to look at this.",
}
"""What a page says about why it comes, in our own words."""

_LONGEST_SUMMARY: Final = 300


class NewPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be raised about an incident or, by `about`, a breach case; without a subject, about something `other`.

    `ends_with` says which change of the incident ends it: that somebody takes it up, or only that it is done.
    `summary` is the title of a rule, never text of people. `raised_by` is an actor's id.
    """

    key: str
    urgency: Urgency
    ladder: LadderName
    reason: Reason
    ref: str
    summary: str
    raised_by: str
    about: Literal["incident", "breach"] = "incident"
    subject_id: UUID | None = None
    named_id: PersonId | None = None
    ends_with: Literal["taken", "done"] = "taken"
    answer_by: datetime | None = None


async def raise_page(tx: TenantTx, page: NewPage) -> bool:
    """Raises it. False when its key was raised before: then nothing changes."""
    return await queries.insert_page(
        tx,
        queries.PageRow(
            id=new_uuid(),
            key=page.key,
            subject_kind="other" if page.subject_id is None else page.about,
            subject_id=page.subject_id,
            reason=page.reason,
            urgency=page.urgency,
            ladder=page.ladder,
            named_id=page.named_id,
            ends_with=page.ends_with,
            ref=page.ref,
            summary=page.summary[:_LONGEST_SUMMARY],
            answer_by=page.answer_by,
            raised_by=page.raised_by,
        ),
    )
