"""The lane by e-mail: one message over SMTP (RFC 5321), with the same Message-ID however often it is tried.

A mail server cannot be asked whether it has a message already. So the connection is made, sender and recipients are
agreed on and DATA is granted before `handing` is called; what follows it is one write and the server's answer. A
process that dies in between has most likely delivered, and the step is left uncertain instead of being sent again.
TLS is required of every server but one on this machine; certificates are verified.
"""

import asyncio
import contextlib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import SMTPException

from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.neutralise import SubjectText, Untrusted, for_subject, subject
from watchfloor.kernel.secret import Secret
from watchfloor.paging.lane import Handing, LaneName, Notice, Uncertain

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"smtps": 465, "smtp": 587}
_ANSWER_SECONDS: Final = 10.0


class MailLane:
    """Sends to the addresses of a notice, in one message."""

    knows_repeats: Literal[False] = False
    name: LaneName = "email"

    def __init__(self, *, url: Secret, sender: str, public_url: str) -> None:
        """`url` is `smtps://user:password@host:465` or `smtp://host:587`. Raises Invalid."""
        parts = urlsplit(url.reveal())
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Invalid("This is no address of a mail server.", where="WATCHFLOOR_SMTP_URL")
        local, _, domain = sender.rpartition("@")
        if not local or not domain or not sender.isascii():
            raise Invalid("This is no mail address.", where="WATCHFLOOR_SMTP_FROM")
        self._parts = parts
        self._sender = sender
        self._domain = domain
        self._public_url = public_url.rstrip("/")

    async def send(self, notice: Notice, handing: Handing) -> str:
        """See Lane. Raises Unavailable when the server does not take it."""
        message = self._message(notice).replace(b"\r\n.", b"\r\n..") + b".\r\n"
        client = self._client()
        try:
            try:
                await client.connect()
                await client.mail(self._sender)
                for address in notice.addresses:
                    await client.rcpt(address)
                granted = await client.execute_command(b"DATA")
            except (SMTPException, OSError, TimeoutError, UnicodeError, ValueError) as error:
                raise Unavailable(f"The mail server does not take it: {_reason(error)}", where="email") from None
            if granted.code != 354:
                raise Unavailable(f"The mail server does not take it: {granted.code}", where="email")
            await handing()
            return await _hand_over(client, message)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        host, parts = self._parts.hostname or "", self._parts
        is_local = host in _LOOPBACK
        return aiosmtplib.SMTP(
            hostname=host,
            port=parts.port or _PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            local_hostname="watchfloor.invalid",
            timeout=_ANSWER_SECONDS,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp" and not is_local,
            tls_context=None if is_local and parts.scheme == "smtp" else ssl.create_default_context(),
        )

    def _message(self, notice: Notice) -> bytes:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = Address("Watchfloor", *self._sender.rsplit("@", 1))
        message["To"] = ", ".join(notice.addresses)
        message["Subject"] = subject_of(notice)
        message["Date"] = notice.at
        message["Message-ID"] = f"<{notice.step_id}@{self._domain}>"
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


async def _hand_over(client: aiosmtplib.SMTP, message: bytes) -> str:
    """Writes the message and waits for the server's word. Raises Uncertain when none comes."""
    protocol = client.protocol
    try:
        if protocol is None:
            raise Unavailable("The mail server closed the connection.", where="email")
        protocol.write(message)
        answer = await protocol.read_response(timeout=_ANSWER_SECONDS)
    except (SMTPException, OSError, TimeoutError) as error:
        raise Uncertain(f"The mail server gave no answer: {_reason(error)}", where="email") from None
    if answer.code != 250:
        raise Unavailable(f"The mail server does not take it: {answer.code}", where="email")
    with contextlib.suppress(SMTPException, OSError, asyncio.TimeoutError):
        await client.quit(timeout=1)
    return f"{answer.code}"


def _reason(error: Exception) -> str:
    """The kind of error only: a server's words may quote an address."""
    return type(error).__name__
