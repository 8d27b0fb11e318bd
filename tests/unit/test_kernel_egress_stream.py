"""Answers that are read while they arrive: the checks and limits of whole ones hold for them too."""

import asyncio
import gzip
import tracemalloc
from contextlib import aclosing

import pytest

from tests.unit.test_kernel_egress import Answer, Dripping, Server, fine, reply, running
from watchfloor.kernel.egress import Egress, Outbound
from watchfloor.kernel.egress_rules import Destination, EgressRefused
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable
from watchfloor.kernel.telemetry import REGISTRY

PIECE = 65_536
POURED = 800


class Pouring(Server):
    """Sends fifty megabytes, and holds none of them."""

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (POURED * PIECE))
        for _ in range(POURED):
            writer.write(bytes(PIECE))
            await writer.drain()


async def read(outbound: Outbound, target: str, taken: list[int]) -> None:
    async with outbound.stream("GET", target) as answer:
        async for piece in answer.chunks:
            taken += [len(piece)]


def always(answer: bytes) -> Answer:
    return lambda _path, _headers: answer


def to(server: Server, *, max_bytes: int = 10_000_000, deadline: float = 5.0, purpose: str = "test") -> Outbound:
    place = f"127.0.0.1:{server.port}"
    destination = Destination(purpose=purpose, hosts=(place,), deadline_seconds=deadline, max_bytes=max_bytes)
    return Egress(loopback_origins=frozenset({f"http://{place}"})).open(destination)


def url(server: Server, path: str = "/object") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


async def test_an_answer_comes_in_pieces_with_its_head_before_them() -> None:
    body = bytes(range(256)) * 4_000
    async with running(always(reply(body, ETag='"e1"'))) as server, to(server) as outbound:
        async with outbound.stream("GET", url(server), headers={"x-asked": "yes"}) as answer:
            assert (answer.status, answer.headers["etag"]) == (200, '"e1"')
            pieces = [piece async for piece in answer.chunks]
        assert b"".join(pieces) == body
        assert len(pieces) > 1
        assert server.requests[0][1]["x-asked"] == "yes"


async def test_a_body_is_handed_over_as_it_was_sent() -> None:
    packed = gzip.compress(b"{}")
    async with running(always(reply(packed, Content_Encoding="gzip"))) as server, to(server) as outbound:
        async with outbound.stream("GET", url(server)) as answer:
            assert b"".join([piece async for piece in answer.chunks]) == packed
        assert server.requests[0][1]["accept-encoding"] == "identity"


async def test_connections_are_used_again_only_after_a_whole_body() -> None:
    async with running(always(reply(b"x" * 3_000_000))) as server, to(server) as outbound:
        for _ in range(2):
            async with outbound.stream("GET", url(server)) as answer:
                assert sum([len(piece) async for piece in answer.chunks]) == 3_000_000
        assert server.connections == 1
        async with outbound.stream("GET", url(server)) as answer, aclosing(answer.chunks) as chunks:
            await anext(chunks)
        async with outbound.stream("GET", url(server)) as answer:
            assert answer.status == 200
        assert server.connections == 2


async def test_more_than_the_limit_is_not_handed_over() -> None:
    async with running(always(reply(b"x" * 2_000_000))) as server, to(server, max_bytes=1_000_000) as outbound:
        taken: list[int] = []
        with pytest.raises(TooLarge):
            await read(outbound, url(server), taken)
        assert 0 < sum(taken) <= 1_000_000


async def test_memory_does_not_grow_with_the_answer() -> None:
    async with running(Pouring(fine)) as server, to(server, max_bytes=60_000_000) as outbound:
        tracemalloc.start()
        try:
            taken: list[int] = []
            await read(outbound, url(server), taken)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert sum(taken) == POURED * PIECE
    assert peak < 3_000_000


@pytest.mark.parametrize("target", ["https://elsewhere.example/object", "http://127.0.0.1:1/object", "/object\r\nx"])
async def test_what_leads_elsewhere_is_refused_before_anything_is_sent(target: str) -> None:
    async with running(fine) as server, to(server) as outbound:
        with pytest.raises((EgressRefused, Invalid)):
            async with outbound.stream("GET", target):
                pytest.fail("it was sent")
        assert server.connections == 0


async def test_a_redirect_is_the_callers_to_judge() -> None:
    moved = reply(b"", status="301 Moved", Location="https://elsewhere.example/", x_amz_bucket_region="eu-north-1")
    async with running(always(moved)) as server, to(server) as outbound:
        async with outbound.stream("GET", url(server)) as answer:
            assert (answer.status, answer.headers["x-amz-bucket-region"]) == (301, "eu-north-1")
        assert len(server.requests) == 1


async def test_headers_that_steer_the_connection_stay_ours() -> None:
    async with running(fine) as server, to(server) as outbound:
        with pytest.raises(Invalid):
            async with outbound.stream("GET", url(server), headers={"Accept-Encoding": "gzip"}):
                pytest.fail("it was sent")


async def test_an_answer_that_breaks_off_is_an_unavailable_service() -> None:
    broken = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort"
    async with running(always(broken)) as server, to(server) as outbound:
        with pytest.raises(Unavailable):
            async with outbound.stream("GET", url(server)) as answer:
                assert [piece async for piece in answer.chunks] == []


async def test_a_trickle_ends_at_the_deadline() -> None:
    async with running(Dripping(fine)) as server, to(server, deadline=0.3) as outbound:
        with pytest.raises(Unavailable, match="in time"):
            async with outbound.stream("GET", url(server)) as answer:
                assert [piece async for piece in answer.chunks] == []


async def test_the_deadline_covers_the_callers_own_work() -> None:
    async with running(fine) as server, to(server, deadline=0.2) as outbound:
        with pytest.raises(Unavailable, match="in time"):
            async with outbound.stream("GET", url(server)):
                await asyncio.Event().wait()


async def test_the_callers_own_errors_pass_through() -> None:
    async with running(fine) as server, to(server) as outbound:
        for error in (TimeoutError("mine"), OSError("mine"), KeyError("mine")):
            with pytest.raises(type(error), match="mine"):
                async with outbound.stream("GET", url(server)):
                    raise error


def count(purpose: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("watchfloor_egress_requests_total", {"purpose": purpose, "outcome": outcome}) or 0


async def test_each_streamed_request_is_counted_by_its_result() -> None:
    async with running(always(reply(b"12345"))) as server:
        for purpose, limit, path in (("s-fine", 9, "/"), ("s-large", 3, "/")):
            async with to(server, max_bytes=limit, purpose=purpose) as outbound:
                try:
                    async with outbound.stream("GET", url(server, path)) as answer:
                        assert [piece async for piece in answer.chunks]
                except TooLarge:
                    assert purpose == "s-large"
        async with to(server, purpose="s-elsewhere") as outbound:
            with pytest.raises(EgressRefused):
                async with outbound.stream("GET", "https://elsewhere.example/"):
                    pytest.fail("it was sent")
    assert (count("s-fine", "answered"), count("s-large", "failed"), count("s-elsewhere", "refused")) == (1, 1, 1)
