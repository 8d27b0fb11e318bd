"""Handing a message to the mail server (RFC 5321), so that it is known what has left and what may have.

A mail server cannot be asked whether it has a message already. So the connection is made, sender and recipients are
agreed on and DATA is granted before `handing` is called; what follows it is one write and the server's answer. A
process that dies in between has most likely delivered. TLS is required of every server but one on this machine;
certificates are verified. It knows nothing of what is in a message, and repeats nothing of what the server says but
its code: the words may quote an address.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError
from watchfloor.kernel.secret import Secret
from watchfloor.paging.lane import Handing, Uncertain

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"smtps": 465, "smtp": 587}
_ANSWER_SECONDS: Final = 10.0
_GO_ON: Final = 354
_TAKEN: Final = 250
_FOR_GOOD: Final = range(500, 600)
_FAULTS: Final = (SMTPException, OSError, TimeoutError, UnicodeError, ValueError)


class Unreachable(Unavailable):
    """The mail server could not be used at all, whoever the message is for. Nothing left."""


class Undeliverable(WatchfloorError):
    """The mail server said no for good, to an address or to the message. Nothing left, and asking again is no use."""

    code = "undeliverable"


class MailServer:
    """The installation's mail server, and the address from which it takes messages."""

    def __init__(self, *, url: Secret, sender: str) -> None:
        """`url` is `smtps://user:password@host:465` or `smtp://host:587`. Raises Invalid."""
        parts = urlsplit(url.reveal())
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Invalid("This is no address of a mail server.", where="WATCHFLOOR_SMTP_URL")
        local, _, domain = sender.rpartition("@")
        if not local or not domain or not sender.isascii():
            raise Invalid("This is no mail address.", where="WATCHFLOOR_SMTP_FROM")
        self._parts = parts
        self.sender: Final = sender

    async def take(self, content: bytes, addresses: Sequence[str], handing: Handing) -> str:
        """Hands a whole message over to be sent to these addresses, and returns the server's answer.

        Raises Unreachable when it cannot be used, Undeliverable when it says no for good, Unavailable when it does not
        take it now, and Uncertain when it may have taken it.
        """
        message = content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        client = self._client()
        try:
            await self._agree(client, addresses)
            await handing()
            return await _hand_over(client, message)
        finally:
            client.close()

    async def _agree(self, client: aiosmtplib.SMTP, addresses: Sequence[str]) -> None:
        """Comes to the point from which on the words leave."""
        try:
            await client.connect()
            await client.mail(self.sender)
            for address in addresses:
                await client.rcpt(address)
            granted = await client.execute_command(b"DATA")
        except SMTPRecipientRefused as refusal:
            raise _no("The mail server refuses the address", refusal.code) from None
        except _FAULTS as error:
            raise Unreachable(f"The mail server cannot be used: {_reason(error)}.", where="email") from None
        if granted.code != _GO_ON:
            raise _no("The mail server does not take it", granted.code)

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
    if answer.code != _TAKEN:
        raise _no("The mail server does not take it", answer.code)
    with contextlib.suppress(SMTPException, OSError, asyncio.TimeoutError):
        await client.quit(timeout=1)
    return f"{answer.code}"


def _no(what: str, code: int) -> WatchfloorError:
    if code in _FOR_GOOD:
        return Undeliverable(f"{what} ({code}).", where="email")
    return Unavailable(f"{what} now ({code}).", where="email")


def _reason(error: Exception) -> str:
    """What kind of trouble it is, and the code if there is one."""
    if isinstance(error, SMTPAuthenticationError):
        return f"it refuses our password ({error.code})"
    if isinstance(error, SMTPResponseException):
        return f"it answers {error.code}"
    if any(isinstance(cause, ssl.SSLError) for cause in (error, error.__cause__)) or "STARTTLS" in str(error):
        return "there is no TLS, or its certificate is not good"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return f"the connection failed ({type(error).__name__})"
