"""The lane by e-mail: one message about a page, with the same Message-ID however often it is tried.

Owns what the message says; how it is handed over is `mail_server`'s part. A step whose message may have left is
uncertain instead of being sent again.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Literal

from watchfloor.kernel.neutralise import SubjectText, Untrusted, for_subject, subject
from watchfloor.paging.lane import Handing, LaneName, Notice
from watchfloor.paging.mail_server import MailServer


class MailLane:
    """Sends to the addresses of a notice, in one message."""

    knows_repeats: Literal[False] = False
    name: LaneName = "email"

    def __init__(self, server: MailServer, *, public_url: str) -> None:
        """`server` takes the messages; `public_url` is where people answer."""
        self._server = server
        self._public_url = public_url.rstrip("/")

    async def send(self, notice: Notice, handing: Handing) -> str:
        """See Lane. Raises Unavailable when the server does not take it."""
        return await self._server.take(self._message(notice), notice.addresses, handing)

    def _message(self, notice: Notice) -> bytes:
        message = EmailMessage(policy=SMTP_POLICY)
        user, domain = self._server.sender.rsplit("@", 1)
        message["From"] = Address("Watchfloor", user, domain)
        message["To"] = ", ".join(notice.addresses)
        message["Subject"] = subject_of(notice)
        message["Date"] = notice.at
        message["Message-ID"] = f"<{notice.step_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Importance"] = "high"
        message.set_content("\n".join(self._lines(notice)) + "\n", cte="base64")
        return message.as_bytes(policy=SMTP_POLICY)

    def _lines(self, notice: Notice) -> list[str]:
        due = "as soon as you can" if notice.answer_by is None else f"{notice.answer_by:%Y-%m-%d %H:%M} UTC"
        return [
            notice.reason,
            "",
            f"About        {notice.ref}",
            f"What         {for_subject(notice.summary)}",
            f"Urgency      {notice.urgency}",
            f"Raised       {notice.raised_at:%Y-%m-%d %H:%M:%S} UTC",
            f"Answer by    {due}",
            f"You are      {notice.recipient}; this is step {notice.rung + 1} of the page",
            "",
            f"Where to answer: {self._public_url}",
            "It goes on to the next person unless the matter is taken up or the page is answered.",
        ]


def subject_of(notice: Notice) -> SubjectText:
    """The subject: urgency, reference and rule, with nothing in it that could act."""
    return subject(
        "[{urgency}] {ref}: {summary}",
        urgency=for_subject(Untrusted(notice.urgency.upper())),
        ref=for_subject(Untrusted(notice.ref)),
        summary=for_subject(notice.summary, limit=100),
    )
