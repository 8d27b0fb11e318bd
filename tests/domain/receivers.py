"""Where pages arrive in tests: a real mail server and a real receiver of webhooks, which misbehave when asked to."""

import asyncio
import contextlib
import email
import email.policy
import json
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

Mood = Literal["well", "refuses", "hangs_up"]
"""What it does with the next message: takes it; says no; takes it and never says so."""

MailMood = Mood | Literal["knows_no_kim", "rejects"]
"""Beyond that, a mail server says no for good: to the address of kim, or to the message."""

_ANSWERS: Final = {"well": "200 OK", "refuses": "503 Service Unavailable"}


@dataclass(frozen=True)
class Letter:
    """A mail as its reader sees it."""

    headers: dict[str, str]
    text: str
    at: datetime


@dataclass
class Mailbox:
    """A mail server on this machine; aiosmtpd calls it for each message."""

    mood: MailMood = "well"
    port: int = 0
    messages: list[Letter] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self.mood == "refuses":
            return "451 Later"
        if self.mood == "knows_no_kim" and address.startswith("kim@"):
            return f"550 No {address} here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        if self.mood == "rejects":
            return "554 Not that"
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        decoded = message.get_payload(decode=True)
        assert isinstance(decoded, bytes)
        headers = {name: str(value) for name, value in message.items()}
        self.messages.append(Letter(headers, decoded.decode(), datetime.now(UTC)))
        self.recipients.append(list(envelope.rcpt_tos))
        if self.mood == "hangs_up":
            cast("asyncio.Transport", server.transport).abort()
        return "250 OK"

    @property
    def message_ids(self) -> list[str]:
        """The Message-IDs in the order of arrival."""
        return [message.headers["Message-ID"] for message in self.messages]


@dataclass(frozen=True)
class Post:
    """A request of a webhook."""

    headers: dict[str, str]
    body: bytes
    at: datetime

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]

    @property
    def content(self) -> dict[str, object]:
        decoded: dict[str, object] = json.loads(self.body)
        return decoded


@dataclass
class Hook:
    """A receiver of webhooks on this machine. It takes a key that it has seen for done."""

    mood: Mood = "well"
    port: int = 0
    posts: list[Post] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("ascii").split("\r\n")[1:-2]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                if self.mood != "refuses":
                    self.posts.append(Post(headers, body, datetime.now(UTC)))
                if self.mood == "hangs_up":
                    break
                writer.write(f"HTTP/1.1 {_ANSWERS[self.mood]}\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        writer.close()

    @property
    def keys(self) -> list[str]:
        """The keys in the order in which they came first."""
        return list(dict.fromkeys(post.key for post in self.posts))


@contextlib.asynccontextmanager
async def open_mailbox(host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Mailbox]:
    """A mail server for as long as it is needed; with `tls`, one that speaks nothing else."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mail.test", loop=loop, enable_SMTPUTF8=True), host, 0, ssl=tls
    )
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


@contextlib.asynccontextmanager
async def open_hook() -> AsyncGenerator[Hook]:
    """A receiver of webhooks for as long as it is needed."""
    hook = Hook()
    server = await asyncio.start_server(hook.serve, "127.0.0.1", 0)
    hook.port = server.sockets[0].getsockname()[1]
    try:
        yield hook
    finally:
        server.close()
