"""The mail about a report: who it is from, what it says, and where it leads. Never an attachment, never a secret.

Its words are our own, the sender's and the address of this installation; nothing of the report is in it but, for kinds
that may be named, the kind and the period.
"""

from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from uuid import UUID

import msgspec

from watchfloor.kernel import ids
from watchfloor.kernel.characters import one_line
from watchfloor.kernel.ids import TenantId
from watchfloor.reporting.delivery.queries import DueRow
from watchfloor.reporting.delivery.words import Words, words_in


class From(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a mail is from. `address` is the installation's own: no tenant can have mail sent in another's name."""

    name: str
    address: str
    answers_to: str | None
    contact: str | None


def letter(due: DueRow, *, to: str, sender: From, link: str, at: datetime) -> bytes:
    """The mail, ready to be handed over. It has the same Message-ID however often it is tried."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = _address(sender.name, sender.address)
    if sender.answers_to is not None:
        message["Reply-To"] = _address(sender.name, sender.answers_to)
    message["To"] = _address("", to)
    message["Subject"] = subject_of(due)
    message["Date"] = at
    message["Message-ID"] = f"<{due.id}@{sender.address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(_lines(due, sender, link)) + "\n", cte="base64")
    return message.as_bytes(policy=SMTP_POLICY)


def subject_of(due: DueRow) -> str:
    """The subject line; neutral for a kind that is not named to who only sees a mailbox."""
    words = words_in(due.language)
    title = words.named.get(due.kind)
    if title is None or due.period_from is None or due.period_to is None:
        return words.document
    return f"{title}, {_period(due, words)}"


def link_to(public_url: str, tenant_id: TenantId, report_id: UUID) -> str:
    """Where the report is fetched by who is signed in and may read it; for all others nothing is there."""
    tenant, report = ids.show("ten", tenant_id), ids.show("rpt", report_id)
    return f"{public_url.rstrip('/')}/api/v1/tenants/{tenant}/reports/{report}/file"


def _lines(due: DueRow, sender: From, link: str) -> list[str]:
    words = words_in(due.language)
    about = [subject_of(due), ""] if due.kind in words.named else []
    questions = [] if sender.contact is None else ["", f"{words.questions} {_shown(sender.contact)}"]
    ready = words.ready.format(sender=_shown(sender.name))
    return [*about, ready, "", words.open, link, "", words.sign_in, *questions]


def _period(due: DueRow, words: Words) -> str:
    if due.period_from is None or due.period_to is None:
        return ""
    last = due.period_to - timedelta(days=1)
    return words.period.format(first=due.period_from.isoformat(), last=last.isoformat())


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(_shown(name), user, domain)


def _shown(text: str) -> str:
    return one_line(text, newline=" ")
