"""Sends lines to this installation's syslog door over TLS, as a customer's relay does, with the feed's certificate.

Each message has its length before it (RFC 5425, RFC 6587 section 3.4.1). Syslog has no acknowledgement: what was sent
is what the other side has read once it has closed.
"""

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from watchfloor.feeds.certificates.authority import Authority, IssuedCertificate
from watchfloor.feeds.certificates.issue import write_client_files
from watchfloor.kernel.errors import Unavailable

_AT_ONCE: Final = 200


class StreamSender:
    """A relay with one feed's certificate."""

    def __init__(self, *, port: int, authority: Authority, issued: IssuedCertificate) -> None:
        self._port = port
        self._tls = _context(authority, issued)

    async def send(self, lines: Iterable[bytes]) -> AsyncIterator[int]:
        """Sends everything, and says after each part how many lines have gone. Raises Unavailable without a door."""
        try:
            _, writer = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._tls, server_hostname="localhost"
            )
            rest = iter(lines)
            while part := list(islice(rest, _AT_ONCE)):
                writer.write(b"".join(b"%d %s" % (len(line), line) for line in part))
                await writer.drain()
                yield len(part)
            writer.close()
            await writer.wait_closed()
        except OSError as error:
            raise Unavailable(
                f"The syslog door does not take the lines: {error}.", where=f"port {self._port}"
            ) from None


def _context(authority: Authority, issued: IssuedCertificate) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.certificate_pem)
    with tempfile.TemporaryDirectory() as directory:  # the only way in for a key is a file
        files = write_client_files(Path(directory), "sender", issued, authority)
        context.load_cert_chain(files.certificate, files.key)
    return context
