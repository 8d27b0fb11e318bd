"""The only way out: every outbound HTTP request of the project passes here (E1).

Owns the checks between us and the network. A destination names its hosts; the host is looked up by us, each
answer is judged (one bad record spoils the look-up) and the connection goes to a judged address, so a name
that changes its mind between check and use gains nothing. TLS is verified against the host's name. There is
no proxy from the environment, no cookie, no credential store; a redirect is followed only within its origin.
Size and time are bounded, compressed answers included. It never retries: when to try again is the caller's
decision, for which it passes on what the other side says (`Retry-After`).
"""

import asyncio
import contextlib
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from email.utils import parsedate_to_datetime
from math import inf
from types import TracebackType
from typing import Final, Literal, Self, final

import httpcore
import httpx
import msgspec

from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.egress_network import CheckedNetwork, Resolver, resolve_host
from watchfloor.kernel.egress_rules import Destination, EgressRefused, Rules, origin_of, parse_url
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable
from watchfloor.kernel.telemetry import EGRESS_REQUESTS

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

MAX_REDIRECTS: Final = 3
_MAX_RETRY_AFTER_SECONDS: Final = 86_400
_STALL_SECONDS: Final = 60.0
"""How long a streamed answer may pause, however long it may take as a whole."""
_LATE: Final = "It did not answer in time."
_OUR_HEADERS: Final = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te"})


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, whatever its status. Header names are lower-case; `retry_after_seconds` is at most a day."""

    status: int
    headers: dict[str, str]
    body: bytes
    retry_after_seconds: int | None


class StreamedReply(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an answer, whatever its status, and its body while it comes: `chunks` can be read once.

    It is good inside the block of `Outbound.stream` only, which says what `chunks` raises.
    """

    status: int
    headers: dict[str, str]
    chunks: AsyncGenerator[bytes]
    retry_after_seconds: int | None


@final
class Egress:
    """The policy of this process: how names are looked up, whom TLS trusts, which services stand on this machine."""

    __slots__ = ("_clock", "_loopback_origins", "_resolver", "_trust")

    def __init__(
        self,
        *,
        resolver: Resolver = resolve_host,
        trust: ssl.SSLContext | None = None,
        loopback_origins: frozenset[str] = frozenset(),
        clock: Clock | None = None,
    ) -> None:
        """`loopback_origins` (`http://127.0.0.1:8080`) may use plain HTTP and lead to this machine, nowhere else.

        `trust` replaces the public certificate authorities, for an operator's own.
        """
        self._resolver = resolver
        self._trust = trust or public_trust()
        self._loopback_origins = loopback_origins
        self._clock = clock or SystemClock()

    def open(self, destination: Destination) -> "Outbound":
        """A client for one destination, to be used as an asynchronous context manager.

        Each has its own connections, so one destination's trouble or trust never reaches another.
        Raises Invalid if the destination names no host or a malformed one.
        """
        rules = Rules(destination, self._loopback_origins)
        return Outbound(destination, rules, CheckedNetwork(rules, self._resolver), self._trust, self._clock)


@final
class Outbound:
    """A client for one destination."""

    __slots__ = ("_clock", "_destination", "_pool", "_rules")

    def __init__(
        self,
        destination: Destination,
        rules: Rules,
        network: httpcore.AsyncNetworkBackend,
        trust: ssl.SSLContext,
        clock: Clock,
    ) -> None:
        self._destination = destination
        self._rules = rules
        self._clock = clock
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust, network_backend=network, max_connections=8, keepalive_expiry=30.0, retries=0
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def request(
        self, method: Method, url: str, *, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Reply:
        """Send one request and read its answer whole.

        Raises EgressRefused if it or a redirect leads elsewhere, TooLarge if the answer is over the limit,
        Invalid if URL or headers are malformed, Unavailable if the other side is away, slow or speaks nonsense.
        """
        with self._counted() as tally:
            try:
                async with asyncio.timeout(self._destination.deadline_seconds):
                    with self._translated(url):
                        reply = await self._follow(method, parse_url(url), _checked_headers(headers or {}), content)
            except TimeoutError:
                raise self._away(url, _LATE) from None
            tally.outcome = "answered"
        return reply

    @contextlib.asynccontextmanager
    async def stream(
        self, method: Method, url: str, *, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> AsyncGenerator[StreamedReply]:
        """Send one request and hand its answer over while it arrives; no more than one piece of it is held.

        The body is as it was sent: encodings are neither asked for nor undone, and `max_bytes` counts what arrives.
        A redirect is an answer like any other. The deadline covers the whole block, the caller's own work included.

        Raises what `request` raises, here and out of `chunks`.
        """
        with self._counted() as tally:
            timer = asyncio.timeout(self._destination.deadline_seconds)
            try:
                async with timer:
                    target = parse_url(url)
                    self._rules.check(target)
                    named = _checked_headers(headers or {}) | {"accept-encoding": "identity"}
                    with self._translated(url):
                        request = httpx.Request(method, target, headers=named, content=content)
                        answer = await self._send(request, patience=_STALL_SECONDS)
                    async with contextlib.aclosing(answer):
                        tally.outcome = "answered"
                        yield self._streamed(url, answer, tally)
            except TimeoutError:
                if not timer.expired():
                    raise  # the caller's own
                tally.outcome = "failed"
                raise self._away(url, _LATE) from None

    async def _follow(self, method: Method, url: httpx.URL, headers: dict[str, str], content: bytes) -> Reply:
        for _ in range(MAX_REDIRECTS + 1):
            self._rules.check(url)
            reply = await self._exchange(httpx.Request(method, url, headers=headers, content=content))
            target = _redirect(url, reply)
            if target is None:
                return reply
            if method not in ("GET", "HEAD") or origin_of(target) != origin_of(url):
                raise EgressRefused("The answer redirects elsewhere.", where=self._destination.purpose)
            url = target
        raise EgressRefused("The answers redirect in circles.", where=self._destination.purpose)

    async def _exchange(self, request: httpx.Request) -> Reply:
        answer = await self._send(request)
        async with contextlib.aclosing(answer):
            headers = httpx.Headers(answer.headers)
            encoding = headers.get("content-encoding", "identity").strip().lower()
            body = await _read(answer.aiter_stream(), encoding, self._destination.max_bytes)
        return Reply(
            status=answer.status,
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            retry_after_seconds=_retry_after(headers.get("retry-after"), self._clock),
        )

    def _streamed(self, url: str, answer: httpcore.Response, tally: "_Tally") -> StreamedReply:
        headers = httpx.Headers(answer.headers)
        return StreamedReply(
            status=answer.status,
            headers={name.lower(): value for name, value in headers.items()},
            chunks=self._chunks(url, answer, tally),
            retry_after_seconds=_retry_after(headers.get("retry-after"), self._clock),
        )

    async def _chunks(self, url: str, answer: httpcore.Response, tally: "_Tally") -> AsyncGenerator[bytes]:
        limit, size = self._destination.max_bytes, 0
        try:
            with self._translated(url):
                async for piece in answer.aiter_stream():
                    size += len(piece)
                    if size > limit:
                        raise _over(limit)
                    yield piece
        except (TooLarge, Unavailable):
            tally.outcome = "failed"
            raise

    async def _send(self, request: httpx.Request, *, patience: float = inf) -> httpcore.Response:
        seconds = min(self._destination.deadline_seconds, patience)
        scheme, host, port = origin_of(request.url)
        return await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=scheme, host=host, port=port, target=request.url.raw_path),
                headers=request.headers.raw,
                content=request.content or None,
                extensions={"timeout": {"connect": min(seconds, 10.0), "read": seconds, "write": seconds}},
            )
        )

    @contextlib.contextmanager
    def _counted(self) -> Generator["_Tally"]:
        tally = _Tally()
        try:
            yield tally
        except EgressRefused:
            tally.outcome = "refused"
            raise
        finally:
            EGRESS_REQUESTS.labels(purpose=self._destination.purpose, outcome=tally.outcome).inc()

    @contextlib.contextmanager
    def _translated(self, url: str) -> Generator[None]:
        try:
            yield
        except httpcore.TimeoutException:
            raise self._away(url, _LATE) from None
        except httpcore.LocalProtocolError:
            raise Invalid("A header of an outbound request is malformed.", where=self._destination.purpose) from None
        except TimeoutError:
            raise  # the deadline, which is an OSError by its kind
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise self._away(url, _reason(error)) from None

    def _away(self, url: str, reason: str) -> Unavailable:
        host = httpx.URL(url).host
        return Unavailable(f"{host} cannot be reached. {reason}", where=self._destination.purpose)


class _Tally:
    """What became of a request, for the metric."""

    def __init__(self) -> None:
        self.outcome = "failed"


def public_trust() -> ssl.SSLContext:
    """TLS 1.2 or newer, trusting the public certificate authorities; the environment has no say."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    ours = sorted(_OUR_HEADERS.intersection(name.lower() for name in headers))
    if ours:
        raise Invalid(f"The header {ours[0]} is not the caller's to set.")
    return {"accept-encoding": "gzip", "user-agent": "watchfloor", **headers}


def _redirect(url: httpx.URL, reply: Reply) -> httpx.URL | None:
    location = reply.headers.get("location")
    if reply.status not in (301, 302, 303, 307, 308) or location is None:
        return None
    try:
        return url.join(location)
    except (httpx.InvalidURL, ValueError):
        raise EgressRefused("The answer redirects to something that is not a URL.") from None


async def _read(pieces: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """The body, inflated if need be. Never holds more than the limit and one piece."""
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Unavailable("The answer has an encoding that was not asked for.")
    inflater = _Inflater() if "gzip" in encoding else None
    body = bytearray()
    async for piece in pieces:
        body += inflater.feed(piece, limit + 1 - len(body)) if inflater else piece
        if len(body) > limit:
            raise _over(limit)
    if inflater is not None and body and not inflater.is_complete:
        raise Unavailable("The answer is cut off.")
    return bytes(body)


def _over(limit: int) -> TooLarge:
    return TooLarge(f"The answer is larger than {limit} bytes.")


class _Inflater:
    """Inflates gzip (RFC 1952), whose members may follow one another, without ever making more than is asked for."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    @property
    def is_complete(self) -> bool:
        """Whether the last member has ended."""
        return self._member.eof

    def feed(self, piece: bytes, room: int) -> bytes:
        """At most `room` bytes of what the piece inflates to. Raises Unavailable if it is not gzip."""
        inflated = bytearray()
        try:
            while piece and len(inflated) < room:
                if self._member.eof:
                    self._member = zlib.decompressobj(wbits=31)
                inflated += self._member.decompress(piece, room - len(inflated))
                piece = self._member.unused_data
        except zlib.error:
            raise Unavailable("The answer is damaged.") from None
        return bytes(inflated)


def _retry_after(value: str | None, clock: Clock) -> int | None:
    """Seconds to wait (RFC 9110 section 10.2.3), from either of the header's two forms."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _MAX_RETRY_AFTER_SECONDS)
    try:
        wait = (parsedate_to_datetime(text) - clock.now()).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(int(wait), 0), _MAX_RETRY_AFTER_SECONDS)


def _reason(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "Its certificate is not trusted."
    return "The connection failed."
