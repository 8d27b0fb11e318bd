"""Handing a message to the mail server (RFC 5321), so that it is known what has left and what may have.

A mail server cannot be asked whether it has a message already. So the connection is made, sender and recipients are
agreed on and DATA is granted before `handing` is called; what follows it is one write and the server's answer. A
process that dies in between has most likely delivered. TLS is required of every server but one on this machine;
certificates are verified. It knows nothing of what is in a message.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import SMTPException

from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.secret import Secret
from watchfloor.paging.lane import Handing, Uncertain

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"smtps": 465, "smtp": 587}
_ANSWER_SECONDS: Final = 10.0


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

        Raises Unavailable when the server does not take it, Uncertain when it may have.
        """
        message = content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        client = self._client()
        try:
            try:
                await client.connect()
                await client.mail(self.sender)
                for address in addresses:
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
