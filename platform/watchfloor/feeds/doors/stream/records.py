"""TLS over bytes that come and go: what a connection's records say, and the records for what we say.

Owns one session of `ssl`, without any socket. The event loop's own TLS is not used because it forgets what it has not
yet handed over when a sender hangs up without TLS's goodbye, as many do. Here everything that has come is decrypted at
once, so that nothing stands between what the sender wrote and who reads it.
"""

import ssl
from typing import Final

_READ_BYTES: Final = 65_536


class Records:
    """The server's side of a TLS session."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.is_open = False
        self.is_over = False
        self.fault: ssl.SSLError | None = None

    def hear(self, data: bytes) -> bytes:
        """What the sender says with these bytes and those before. Sets `is_open`, `is_over` and `fault`."""
        if self.is_over or self.fault is not None:
            return b""
        self._incoming.write(data)
        pieces: list[bytes] = []
        try:
            if not self.is_open:
                self._session.do_handshake()
                self.is_open = True
            while piece := self._session.read(_READ_BYTES):
                pieces.append(piece)
            self.is_over = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as fault:
            self.fault = fault
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def say(self, data: bytes) -> None:
        """Encrypts `data`; `take` gives the records. Nothing comes of it once the session is at fault."""
        try:
            self._session.write(data)
        except ssl.SSLError as fault:
            self.fault = self.fault or fault

    def say_goodbye(self) -> None:
        """Ends our side of the session."""
        if self.is_open and self.fault is None:
            try:
                self._session.unwrap()
            except ssl.SSLError:  # it is said; the sender's own goodbye is not waited for
                return

    def take(self) -> bytes:
        """The records that are to be sent now."""
        return self._outgoing.read()

    def certificate(self) -> bytes | None:
        """The certificate that the sender showed and proved, as DER."""
        return self._session.getpeercert(binary_form=True)
