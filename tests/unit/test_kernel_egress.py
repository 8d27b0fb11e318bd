"""Egress against servers on the loopback interface; names are answered by the test, never by a name server."""

import asyncio
import gzip
import socket
import ssl
import tracemalloc
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from watchfloor.kernel.addresses import parse_address
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.egress import Egress, Reply, public_trust
from watchfloor.kernel.egress_network import CheckedNetwork, Resolver, resolve_host
from watchfloor.kernel.egress_rules import Destination, EgressRefused, Rules
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable, WatchfloorError
from watchfloor.kernel.telemetry import REGISTRY

HOST = "api.vendor.example"
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
Answer = Callable[[str, dict[str, str]], bytes]


class Names:
    """A resolver that gives its answers in turn and repeats the last one."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Server:
    """A small HTTP server that records what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.port = 0
        self.connections = 0
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.talks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.talks.add(asyncio.create_task(self._talk(reader, writer)))

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append((first, headers, body))
        answer = self._answer(first.split()[1], headers)
        writer.write(answer)
        await writer.drain()
        if b"Connection: close" in answer:
            raise ConnectionAbortedError

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await self.respond(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


class Dripping(Server):
    """Sends a byte now and then, without end."""

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.readuntil(b"never sent"), 0.02)


@asynccontextmanager
async def running(answer: Answer | Server, trust: ssl.SSLContext | None = None) -> AsyncGenerator[Server]:
    server = answer if isinstance(answer, Server) else Server(answer)
    listener = await asyncio.start_server(server.accept, "127.0.0.1", 0, ssl=trust)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await asyncio.wait_for(asyncio.gather(*server.talks), 5)


def reply(body: bytes = b"fine", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fine(_path: str, _headers: dict[str, str]) -> bytes:
    return reply()


class Authority:
    """A throw-away certificate authority."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = self._signed(self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
        self.file = directory / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))

    def server(self, host: str, seen: list[str | None] | None = None) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._signed(subject, key.public_key(), x509.SubjectAlternativeName([x509.DNSName(host)]))
        pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._directory / f"{host}.pem"
        file.write_bytes(pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.sni_callback = lambda _socket, name, _context: None if seen is None else seen.append(name)
        return context

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def to(*hosts: str, max_bytes: int = 10_000, deadline_seconds: float = 5.0) -> Destination:
    return Destination(purpose="test.egress", hosts=hosts, max_bytes=max_bytes, deadline_seconds=deadline_seconds)


async def fetched(server: Server, path: str = "/", **limits: float) -> Reply:
    """What a plain loopback server gives."""
    origin = f"127.0.0.1:{server.port}"
    egress = Egress(loopback_origins=frozenset({f"http://{origin}"}), clock=FixedClock(NOW))
    destination = to(
        origin, max_bytes=int(limits.get("max_bytes", 10_000)), deadline_seconds=limits.get("deadline_seconds", 5.0)
    )
    async with egress.open(destination) as out:
        return await out.request("GET", f"http://{origin}{path}")


FORBIDDEN_ADDRESSES = """
127.0.0.1 127.8.9.10 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 169.254.169.254 169.254.170.2
172.16.0.1 172.31.255.254 192.168.1.1 192.0.0.192 192.0.2.7 192.88.99.1 198.18.0.1 198.51.100.9 203.0.113.5 224.0.0.1
239.1.1.1 240.0.0.1 255.255.255.255 168.63.129.16 ::1 :: ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8
::127.0.0.1 ::8.8.8.8 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1::1 2001:0:4136:e378::1 2001:db8::1
3fff::1 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd00:ec2::254 ff02::1 100::1 4000::1 5f00::1
"""
RESOLVER_NONSENSE = (
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.0.1.",
    " 127.0.0.1",
    "localhost",
    "",
    "8.8.8.8%1",
)
FORBIDDEN_URLS = (
    f"http://{HOST}/",
    f"ftp://{HOST}/",
    f"file://{HOST}/etc/passwd",
    f"gopher://{HOST}/",
    "https://other.example/",
    f"https://{HOST}.other.example/",
    f"https://other.example/{HOST}",
    f"https://other.example#{HOST}",
    f"https://other.example\\@{HOST}/",
    f"https://{HOST}@other.example/",
    f"https://user:password@{HOST}/",
    f"https://user@{HOST}/",
    f"https://{HOST}:8443/",
    f"https://{HOST}:80/",
    f"https://{HOST}:0/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://localhost/",
    "https://api.vendor.example\u3002other.example/",
    "https://vendor.example/",
    "https://xapi.vendor.example/",
    "//api.vendor.example/",
    "/relative",
    "",
)


@pytest.mark.parametrize("address", [*FORBIDDEN_ADDRESSES.split(), *RESOLVER_NONSENSE])
async def test_a_name_that_leads_to_a_forbidden_address_is_refused(address: str) -> None:
    """Judged before connecting: a connection that is tried at all would end as Unavailable."""
    async with Egress(resolver=Names([address])).open(to(HOST)) as out:
        with pytest.raises(EgressRefused, match="leads to an address"):
            await out.request("GET", f"https://{HOST}/")


@pytest.mark.parametrize("position", [0, 1, 2])
async def test_one_bad_record_spoils_the_lookup(position: int) -> None:
    answer = ["8.8.8.8", "2606:4700::1111"]
    answer.insert(position, "10.0.0.1")
    async with Egress(resolver=Names(answer)).open(to(HOST)) as out:
        with pytest.raises(EgressRefused):
            await out.request("GET", f"https://{HOST}/")


@pytest.mark.parametrize("url", FORBIDDEN_URLS)
async def test_a_url_that_leads_elsewhere_is_refused_before_any_lookup(url: str) -> None:
    names = Names(["8.8.8.8"])
    async with Egress(resolver=names).open(to(HOST)) as out:
        with pytest.raises((EgressRefused, Invalid)):
            await out.request("GET", url)
    assert names.asked == []


@pytest.mark.parametrize("url", ["https://[::1", "https://exa mple/", "https://a:b:c/", f"https://{HOST}:99999/", "\0"])
async def test_what_is_no_url_is_invalid(url: str) -> None:
    async with Egress(resolver=Names(["8.8.8.8"])).open(to(HOST)) as out:
        with pytest.raises((Invalid, EgressRefused)):
            await out.request("GET", url)


async def test_no_refused_request_reaches_a_server_on_this_machine() -> None:
    async with running(fine) as server:
        for host in (HOST, "localhost", "127.0.0.1"):
            destination = to(f"{HOST}:{server.port}")
            async with Egress(resolver=Names(["127.0.0.1"])).open(destination) as out:
                for scheme in ("http", "https"):
                    with pytest.raises(EgressRefused):
                        await out.request("GET", f"{scheme}://{host}:{server.port}/")
        assert server.connections == 0


async def test_a_named_host_is_reached_over_tls_under_its_own_name(authority: Authority) -> None:
    seen: list[str | None] = []
    names = Names(["127.0.0.1"])
    async with running(fine, authority.server(HOST, seen)) as server:
        origin = f"https://{HOST}:{server.port}"
        egress = Egress(resolver=names, trust=authority.trusted(), loopback_origins=frozenset({origin}))
        async with egress.open(to(f"{HOST}:{server.port}")) as out:
            answer = await out.request("POST", f"{origin}/a/b?c=d", headers={"X-Key": "k"}, content=b"body")
    assert (answer.status, answer.body) == (200, b"fine")
    assert seen == [HOST]
    assert names.asked == [HOST]
    first, headers, body = server.requests[0]
    assert first == "POST /a/b?c=d HTTP/1.1"
    assert headers["host"] == f"{HOST}:{server.port}"
    assert headers["x-key"] == "k"
    assert body == b"body"


async def test_capitals_and_a_final_dot_name_the_same_host(authority: Authority) -> None:
    seen: list[str | None] = []
    async with running(fine, authority.server(HOST, seen)) as server:
        origin = f"https://{HOST}:{server.port}"
        egress = Egress(resolver=Names(["127.0.0.1"]), trust=authority.trusted(), loopback_origins=frozenset({origin}))
        async with egress.open(to(f"{HOST}:{server.port}")) as out:
            await out.request("GET", f"https://API.Vendor.Example.:{server.port}/")
    assert seen == [HOST]


@pytest.mark.parametrize("fault", ["another name", "another authority"])
async def test_a_certificate_must_be_trusted_and_for_the_host(authority: Authority, tmp_path: Path, fault: str) -> None:
    (tmp_path / "other").mkdir()
    trust = Authority(tmp_path / "other").trusted() if fault == "another authority" else authority.trusted()
    name = "other.vendor.example" if fault == "another name" else HOST
    async with running(fine, authority.server(name)) as server:
        origin = f"https://{HOST}:{server.port}"
        egress = Egress(resolver=Names(["127.0.0.1"]), trust=trust, loopback_origins=frozenset({origin}))
        async with egress.open(to(f"{HOST}:{server.port}")) as out:
            with pytest.raises(Unavailable, match="certificate is not trusted"):
                await out.request("GET", f"{origin}/")
        assert server.requests == []


async def test_a_name_that_changes_its_mind_is_judged_again_at_the_next_connection(authority: Authority) -> None:
    def closing(_path: str, _headers: dict[str, str]) -> bytes:
        return reply(Connection="close")

    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with running(closing, authority.server(HOST)) as server:
        origin = f"https://{HOST}:{server.port}"
        egress = Egress(resolver=names, trust=authority.trusted(), loopback_origins=frozenset({origin}))
        async with egress.open(to(f"{HOST}:{server.port}")) as out:
            assert (await out.request("GET", f"{origin}/")).status == 200
            with pytest.raises(EgressRefused):
                await out.request("GET", f"{origin}/")


async def test_a_service_of_this_machine_must_stand_on_this_machine() -> None:
    egress = Egress(resolver=Names(["8.8.8.8"]), loopback_origins=frozenset({"http://localhost:8080"}))
    async with egress.open(to("localhost:8080")) as out:
        with pytest.raises(EgressRefused):
            await out.request("GET", "http://localhost:8080/")


async def test_a_loopback_origin_counts_only_where_the_destination_names_it() -> None:
    async with running(fine) as server:
        origin = f"http://127.0.0.1:{server.port}"
        async with Egress(loopback_origins=frozenset({origin})).open(to(HOST)) as out:
            with pytest.raises(EgressRefused):
                await out.request("GET", origin)
        assert server.connections == 0


async def test_the_next_address_is_tried_where_one_does_not_answer(authority: Authority) -> None:
    async with running(fine, authority.server(HOST)) as server:
        origin = f"https://{HOST}:{server.port}"
        egress = Egress(
            resolver=Names(["::1", "127.0.0.1"]), trust=authority.trusted(), loopback_origins=frozenset({origin})
        )
        async with egress.open(to(f"{HOST}:{server.port}")) as out:
            assert (await out.request("GET", f"{origin}/")).status == 200


@pytest.mark.parametrize("location", ["/second", "second", "http://127.0.0.1:{port}/second"])
async def test_a_redirect_within_the_origin_is_followed(location: str) -> None:
    def answer(path: str, _headers: dict[str, str]) -> bytes:
        return (
            reply(b"second")
            if path == "/second"
            else reply(status="302 Found", Location=location.format(port=server.port))
        )

    async with running(answer) as server:
        assert (await fetched(server)).body == b"second"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "https://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.0.0.2:{port}/",
        "http://169.254.169.254/",
        "http://user@127.0.0.1:{port}/",
        "//evil.example/",
        "file:///etc/passwd",
        "http://[",
        "http://127.0.0.1:99999/",
        pytest.param("/" + "x" * 70_000, id="longer than a URL can be"),
    ],
)
async def test_a_redirect_to_elsewhere_is_refused(location: str) -> None:
    def answer(_path: str, _headers: dict[str, str]) -> bytes:
        return reply(status="307 Temporary Redirect", Location=location.format(port=server.port))

    async with running(answer) as server:
        with pytest.raises(EgressRefused):
            await fetched(server)
        assert len(server.requests) == 1


async def test_redirects_end() -> None:
    def answer(_path: str, _headers: dict[str, str]) -> bytes:
        return reply(status="301 Moved Permanently", Location="/")

    async with running(answer) as server:
        with pytest.raises(EgressRefused, match="circles"):
            await fetched(server)
        assert len(server.requests) == 4


async def test_what_changes_something_is_not_redirected() -> None:
    def answer(_path: str, _headers: dict[str, str]) -> bytes:
        return reply(status="307 Temporary Redirect", Location="/other")

    async with running(answer) as server:
        origin = f"127.0.0.1:{server.port}"
        async with Egress(loopback_origins=frozenset({f"http://{origin}"})).open(to(origin)) as out:
            with pytest.raises(EgressRefused):
                await out.request("POST", f"http://{origin}/", content=b"{}")
        assert len(server.requests) == 1


async def test_an_answer_over_the_limit_is_not_read() -> None:
    async with running(lambda _path, _headers: reply(bytes(10_001))) as server:
        with pytest.raises(TooLarge):
            await fetched(server)
        assert len((await fetched(server, max_bytes=10_001)).body) == 10_001


async def test_a_compressed_answer_is_inflated_up_to_the_limit() -> None:
    packed = gzip.compress(b"x" * 10_000)
    async with running(lambda _path, _headers: reply(packed, Content_Encoding="gzip")) as server:
        assert (await fetched(server)).body == b"x" * 10_000
        with pytest.raises(TooLarge):
            await fetched(server, max_bytes=9_999)


async def test_an_answer_compressed_in_several_parts_is_read_whole() -> None:
    packed = gzip.compress(b"first ") + gzip.compress(b"second ") + gzip.compress(b"third")
    async with running(lambda _path, _headers: reply(packed, Content_Encoding="x-gzip")) as server:
        assert (await fetched(server)).body == b"first second third"
        with pytest.raises(TooLarge):
            await fetched(server, max_bytes=17)


async def test_a_compressed_answer_without_a_body_is_empty() -> None:
    async with running(lambda _path, _headers: reply(b"", "204 No Content", Content_Encoding="gzip")) as server:
        assert (await fetched(server)).body == b""


async def test_a_compression_bomb_takes_no_memory() -> None:
    bomb = gzip.compress(bytes(64_000_000))
    async with running(lambda _path, _headers: reply(bomb, Content_Encoding="gzip")) as server:
        tracemalloc.start()
        with pytest.raises(TooLarge):
            await fetched(server)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4_000_000


BROKEN = {
    "cut off": reply(gzip.compress(b"x" * 1000)[:-6], Content_Encoding="gzip"),
    "damaged": reply(b"this is not gzip", Content_Encoding="gzip"),
    "an unknown encoding": reply(b"x", Content_Encoding="br"),
    "followed by something else": reply(gzip.compress(b"x") + b"trailing", Content_Encoding="gzip"),
    "not http": b"SSH-2.0-OpenSSH\r\n\r\n",
    "a short body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc",
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_is_an_unavailable_service(answer: bytes) -> None:
    async with running(lambda _path, _headers: answer) as server:
        with pytest.raises(Unavailable):
            await fetched(server, deadline_seconds=1.0)


async def test_silence_ends_at_the_deadline() -> None:
    async with running(lambda _path, _headers: b"") as server:
        with pytest.raises(Unavailable, match="in time"):
            await fetched(server, deadline_seconds=0.1)


async def test_a_trickle_ends_at_the_deadline() -> None:
    """Each piece is in time; the whole is not."""
    async with running(Dripping(fine)) as server:
        with pytest.raises(Unavailable, match="in time"):
            await fetched(server, deadline_seconds=0.3)


async def test_a_closed_port_is_an_unavailable_service() -> None:
    async with running(fine) as server:
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        await fetched(server)


async def test_a_name_without_addresses_is_an_unavailable_service() -> None:
    async def unknown(_: str) -> Sequence[str]:
        raise OSError("Name or service not known")

    resolvers: list[Resolver] = [unknown, Names([])]
    for resolver in resolvers:
        async with Egress(resolver=resolver).open(to(HOST)) as out:
            with pytest.raises(Unavailable):
                await out.request("GET", f"https://{HOST}/")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("999999999999", 86_400),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2036 12:00:00 GMT", 86_400),
        ("Sun, 22 Nov 2026 12:01:30", None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_when_to_come_back_is_passed_on(value: str, seconds: int | None) -> None:
    async with running(lambda _path, _headers: reply(status="429 Too Many Requests", Retry_After=value)) as server:
        answer = await fetched(server)
    assert (answer.status, answer.retry_after_seconds) == (429, seconds)


async def test_an_answer_of_any_status_is_an_answer() -> None:
    async with running(lambda _path, _headers: reply(b"no", "503 Service Unavailable", X_Why="a")) as server:
        answer = await fetched(server)
    assert (answer.status, answer.body, answer.headers["x-why"], answer.retry_after_seconds) == (503, b"no", "a", None)


async def test_no_cookie_is_kept_between_requests() -> None:
    async with running(lambda _path, _headers: reply(Set_Cookie="session=tenant-a; Path=/")) as server:
        origin = f"127.0.0.1:{server.port}"
        async with Egress(loopback_origins=frozenset({f"http://{origin}"})).open(to(origin)) as out:
            for _ in range(2):
                await out.request("GET", f"http://{origin}/")
        assert len(server.requests) == 2
        assert server.connections == 1
        assert all("cookie" not in headers for _, headers, _ in server.requests)


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(fine) as proxy, running(fine) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await fetched(server)).status == 200
        assert (proxy.connections, server.connections) == (0, 1)


@pytest.mark.parametrize("name", ["Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "TE"])
async def test_headers_that_steer_the_connection_are_ours(name: str) -> None:
    async with Egress(resolver=Names(["8.8.8.8"])).open(to(HOST)) as out:
        with pytest.raises(Invalid):
            await out.request("GET", f"https://{HOST}/", headers={name: "x"})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
async def test_a_header_cannot_carry_another(value: str) -> None:
    async with running(fine) as server:
        origin = f"127.0.0.1:{server.port}"
        async with Egress(loopback_origins=frozenset({f"http://{origin}"})).open(to(origin)) as out:
            with pytest.raises(Invalid):
                await out.request("GET", f"http://{origin}/", headers={"X-Value": value})
        assert server.requests == []


ALLOWED = [
    ("*.vendor.example", "https://a.vendor.example/", True),
    ("*.vendor.example", "https://a.b.vendor.example/", True),
    ("*.vendor.example", "https://vendor.example/", False),
    ("*.vendor.example", "https://avendor.example/", False),
    ("*.vendor.example:8443", "https://a.vendor.example:8443/", True),
    ("*.vendor.example:8443", "https://a.vendor.example/", False),
    ("api.vendor.example", "https://api.vendor.example:443/", True),
    ("api.vendor.example", "https://a.api.vendor.example/", False),
    ("xn--bcher-kva.example", "https://bücher.example/", True),
]


@pytest.mark.parametrize(("host", "url", "allowed"), ALLOWED)
async def test_hosts_are_allowed_by_name_or_below_a_name(host: str, url: str, *, allowed: bool) -> None:
    names = Names(["10.0.0.1"])
    async with Egress(resolver=names).open(to(host)) as out:
        with pytest.raises(EgressRefused):
            await out.request("GET", url)
    assert bool(names.asked) == allowed


@pytest.mark.parametrize(
    "host",
    ["", "*", "*.com", "localhost", "a", "127.0.0.1", "[::1]", "https://a.example", "a.example/x", "a.example:0",
     "a.example:65536", "A.example", "a_b.example", "-a.example", "a..example", "a.example.", "*.*.example",
     "a.*.example",      "1.2.3.4:443", "a.123", "127.0.0.1:8080"],
)  # fmt: skip
def test_a_destination_names_real_hosts(host: str) -> None:
    with pytest.raises(Invalid):
        Egress(resolver=Names([])).open(to(host))


async def test_the_operator_may_open_his_own_networks() -> None:
    home = Destination(purpose="test.misp", hosts=("misp.home.example",), private_networks=("10.1.0.0/16", "fd12::/16"))
    rules = Rules(home, frozenset())
    network = CheckedNetwork(rules, Names(["10.2.0.1"]))
    with pytest.raises(EgressRefused):
        await network.connect_tcp("misp.home.example", 443, timeout=0.1)

    def judged(text: str) -> bool:
        address = parse_address(text)
        assert address is not None
        return rules.judge("misp.home.example", 443, address)

    assert judged("10.1.2.3")
    assert judged("fd12::7")
    assert judged("9.9.9.9")
    assert not judged("10.2.0.1")
    assert not judged("fd13::7")
    assert not judged("127.0.0.1")


@pytest.mark.parametrize(
    "network", ["127.0.0.0/8", "0.0.0.0/0", "169.254.0.0/16", "8.8.8.0/24", "10.0.0.0/4", "::/0", "x", "10.0.0.1/8"]
)
def test_only_private_networks_can_be_opened(network: str) -> None:
    destination = Destination(purpose="test", hosts=(HOST,), private_networks=(network,))
    with pytest.raises(Invalid):
        Egress(resolver=Names([])).open(destination)


async def test_requests_do_not_leave_through_a_unix_socket() -> None:
    network = CheckedNetwork(Rules(to(HOST), frozenset()), Names(["8.8.8.8"]))
    with pytest.raises(EgressRefused):
        await network.connect_unix_socket("/var/run/docker.sock")
    await network.sleep(0)


async def test_the_systems_own_names_are_found() -> None:
    assert "127.0.0.1" in await resolve_host("localhost")


async def test_a_name_known_without_its_final_dot_only_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def hosts_file(_loop: object, host: str, _port: object, **_options: object) -> list[object]:
        asked.append(host)
        if host.endswith("."):
            raise socket.gaierror
        return [(2, 1, 6, "", ("10.0.0.5", 0)), (2, 1, 6, "", ("10.0.0.5", 0))]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", hosts_file)
    assert await resolve_host("misp.home.example") == ["10.0.0.5"]
    assert asked == ["misp.home.example.", "misp.home.example"]


def test_public_trust_is_modern_and_verifies() -> None:
    trust = public_trust()
    assert trust.minimum_version == ssl.TLSVersion.TLSv1_2
    assert trust.verify_mode == ssl.CERT_REQUIRED
    assert trust.check_hostname
    assert trust.cert_store_stats()["x509_ca"] > 50


async def test_each_request_is_counted_by_its_result() -> None:
    def counted(outcome: str) -> float:
        labels = {"purpose": "test.egress", "outcome": outcome}
        return REGISTRY.get_sample_value("watchfloor_egress_requests_total", labels) or 0.0

    before = {outcome: counted(outcome) for outcome in ("answered", "refused", "failed")}
    async with running(fine) as server:
        await fetched(server)
        for path, wanted in (("@evil.example/", WatchfloorError),):
            with pytest.raises(wanted):
                await fetched(server, path)
    with pytest.raises(Unavailable):
        await fetched(server)
    assert {outcome: counted(outcome) - before[outcome] for outcome in before} == {
        "answered": 1,
        "refused": 1,
        "failed": 1,
    }
