"""Who is on the line: the feed of a connection or of each message, from its credential alone (N2).

Owns the order of credentials: the client's certificate, then the token in the message, then the token of the port that
was connected to. Never the address, never a name in the message. Like the gate for tokens, what certificates stand for
is remembered for less than a second (R7).
"""

import asyncio
import time
from pathlib import Path
from typing import Final

from watchfloor.feeds.certificates.registry import CertificateRefused, fingerprint_of, recognise_certificate
from watchfloor.feeds.doors.gate import FRESH_SECONDS, Gate
from watchfloor.feeds.feed import Door, Feed
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import Database
from watchfloor.kernel.errors import Unauthenticated
from watchfloor.kernel.keyfile import read_private

_KEPT: Final = 10_000


class Unidentified(Unauthenticated):
    """The sender shows no credential."""

    code = "unidentified"


class CertificateGate:
    """Tells the feed of a certificate."""

    def __init__(self, directory: Database, clock: Clock) -> None:
        """`directory` is a database of wf_auth."""
        self._directory = directory
        self._clock = clock
        self._known: dict[bytes, tuple[float, Feed | CertificateRefused]] = {}
        self._line = asyncio.Lock()

    async def admit(self, der: bytes) -> Feed:
        """The feed of a certificate. Raises CertificateRefused, and Unavailable when that cannot be told now."""
        fingerprint = fingerprint_of(der)
        answer = self._remembered(fingerprint)
        if answer is None:
            async with self._line:
                answer = self._remembered(fingerprint) or await self._ask(fingerprint)
        if isinstance(answer, Feed):
            return answer
        raise CertificateRefused(answer.because)

    def _remembered(self, fingerprint: bytes) -> Feed | CertificateRefused | None:
        known = self._known.get(fingerprint)
        return known[1] if known is not None and time.monotonic() < known[0] else None

    async def _ask(self, fingerprint: bytes) -> Feed | CertificateRefused:
        until = time.monotonic() + FRESH_SECONDS
        answer: Feed | CertificateRefused
        try:
            answer = await recognise_certificate(self._directory, fingerprint, now=self._clock.now())
        except CertificateRefused as refused:
            answer = refused
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[fingerprint] = (until, answer)
        return answer


class Gates:
    """The gate for tokens and the gate for certificates."""

    def __init__(self, tokens: Gate, certificates: CertificateGate) -> None:
        self.tokens = tokens
        self.certificates = certificates


class Caller:
    """One connection's sender. `port_token` is the file with the token of the port, if the port has one."""

    def __init__(
        self, gates: Gates, door: Door, *, remote: str, certificate: bytes | None = None, port_token: Path | None = None
    ) -> None:
        self.remote = remote
        self._gates = gates
        self._door = door
        self._certificate = certificate
        self._port_token = port_token

    @property
    def is_named(self) -> bool:
        """Whether the connection itself says who it is, before any message does."""
        return self._certificate is not None or self._port_token is not None

    async def feed(self, shown: str | None) -> Feed:
        """The feed of a message that showed this token, or none.

        A certificate that is shown decides alone. Raises Unidentified, CertificateRefused, TokenRefused, Invalid when
        the port's token cannot be read, and Unavailable when it cannot be told now.
        """
        feed = await self._found(shown)
        if feed.door != self._door:
            raise TokenRefused("unknown")
        return feed

    async def _found(self, shown: str | None) -> Feed:
        if self._certificate is not None:
            return await self._gates.certificates.admit(self._certificate)
        token = shown
        if token is None and self._port_token is not None:
            token = read_private(self._port_token).decode("utf-8", "replace").strip()
        if token is None:
            raise Unidentified("The sender shows neither a certificate nor a token.")
        return await self._gates.tokens.admit(token, remote=self.remote)
