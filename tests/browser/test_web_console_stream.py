"""The page's stream of changes: own tenants only, ended with the session, bounded, and never the only way to know."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest

from tests.browser.station import Station
from watchfloor.access.sessions import OpenedSession, close_all_sessions
from watchfloor.desk.changes import CHANNEL, Changed
from watchfloor.kernel.crypto import fingerprint
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.ids import TenantId, new_uuid, show
from watchfloor.web.pages import streams

ANA, LEA = "ana@mssp.example", "lea@mssp.example"


class Ear:
    """Reads one stream, event by event."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def line(self) -> str:
        """The next line that is not empty; raises StopAsyncIteration at the end."""
        while True:
            line = await asyncio.wait_for(anext(self._lines), 10)
            if line:
                return line

    async def changed(self) -> list[str]:
        """The incidents of the next word of changes. Looks and signs of life are passed over."""
        while True:
            if await self.line() == "event: changed":
                return msgspec.json.decode((await self.line()).removeprefix("data: "), type=list[str])


@asynccontextmanager
async def listening(station: Station, session: OpenedSession) -> AsyncGenerator[Ear]:
    """A stream, open and heard to have begun to listen on the channel."""
    async with station.client(session) as client, client.stream("GET", "/console/changes") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        ear = Ear(aiter(answer.aiter_lines()))
        assert await ear.line() == "retry: 2000"
        assert await ear.line() == "event: look"
        yield ear


async def tell(station: Station, tenant: TenantId) -> str:
    """Tells all that an incident of the tenant changed, as the worker does, and says which."""
    incident = show("inc", new_uuid())
    word = Changed(tenant=show("ten", tenant), incidents=(incident,))

    async def hears() -> object:
        return await station.floor.valkey.publish(CHANNEL, msgspec.json.encode(word))  # pyright: ignore[reportUnknownMemberType]

    await station.eventually(hears)  # the first stream of a process begins before the process listens
    return incident


async def test_word_of_a_tenant_goes_to_its_members_and_to_nobody_else(station: Station) -> None:
    acme, nord = station.floor.acme.id, station.floor.nord.id
    async with (
        listening(station, await station.session(ANA)) as ana,
        listening(station, await station.session(LEA)) as lea,
    ):
        foreign = [await tell(station, nord) for _ in range(3)]
        own = await tell(station, acme)
        assert await ana.changed() == [own]
        heard: set[str] = set()
        while not heard >= {*foreign, own}:
            heard |= set(await lea.changed())
        assert heard == {*foreign, own}


async def test_who_has_left_a_tenant_hears_no_more_of_it(station: Station) -> None:
    async with listening(station, await station.session(LEA)) as lea:
        first = await tell(station, station.floor.nord.id)
        assert await lea.changed() == [first]
        await station.floor.superuser.execute(
            "delete from auth.memberships where person_id = $1 and tenant_id = $2",
            station.floor.people[LEA],
            station.floor.nord.id,
        )
        await tell(station, station.floor.nord.id)
        own = await tell(station, station.floor.acme.id)
        assert await lea.changed() == [own]


@pytest.mark.parametrize("how", ["signed out everywhere", "disabled", "no member of the operator"])
async def test_a_stream_ends_within_a_second_of_its_reader_s_rights(station: Station, how: str) -> None:
    async with listening(station, await station.session(ANA)) as ana:
        await tell(station, station.floor.acme.id)
        await ana.changed()  # from here on nothing but the end of the session makes it look
        ended = time.monotonic()
        person_id = station.floor.people[ANA]
        if how == "signed out everywhere":
            async with directory_tx(station.services.auth) as tx:
                await close_all_sessions(tx, person_id)
        elif how == "disabled":
            await station.floor.superuser.execute("update auth.people set state = 'disabled' where id = $1", person_id)
        else:
            query = "delete from auth.memberships where person_id = $1 and tenant_id = $2"
            await station.floor.superuser.execute(query, person_id, station.floor.operator)
            await tell(station, station.floor.acme.id)
        with pytest.raises(StopAsyncIteration):
            await ana.changed()
        assert time.monotonic() - ended < 1


async def test_a_person_has_four_streams_and_gets_another_when_one_is_closed(station: Station) -> None:
    session = await station.session(ANA)
    async with listening(station, session), listening(station, session), listening(station, session):
        async with listening(station, session), station.client(session) as client:
            refused = await client.get("/console/changes", headers={"accept": "application/json"})
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1
        async with listening(station, await station.session(LEA)):
            pass
        for _ in range(20):
            try:
                async with listening(station, session):
                    return
            except AssertionError:
                continue
        pytest.fail("a closed stream still counts")


async def test_a_silent_stream_shows_that_it_lives(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    assert streams.HEARTBEAT_SECONDS <= 15
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.2)
    async with listening(station, await station.session(ANA)) as ana:
        lines = [await ana.line() for _ in range(4)]
        assert ": here" in lines


async def test_an_open_page_does_not_keep_its_session_alive(station: Station) -> None:
    session = await station.session(ANA)
    age = "update auth.sessions set last_seen_at = now() - interval '20 minutes' where id_hash = $1"
    fresh = "select last_seen_at > now() - interval '1 minute' from auth.sessions where id_hash = $1"
    id_hash = fingerprint(session.id.reveal())
    await station.floor.superuser.execute(age, id_hash)
    async with listening(station, session) as ana, station.client(session) as client:
        await tell(station, station.floor.acme.id)
        await ana.changed()
        assert (await client.get("/console/look")).status_code == 200
        assert await station.floor.superuser.fetchval(fresh, id_hash) is False
        assert (await client.get("/console")).status_code == 200
        assert await station.floor.superuser.fetchval(fresh, id_hash) is True


async def test_without_a_session_there_is_no_stream(station: Station) -> None:
    async with httpx.AsyncClient(base_url=station.address, trust_env=False) as client:
        assert (await client.get("/console/changes")).status_code == 401


async def test_a_program_that_is_told_to_stop_waits_for_no_stream(station: Station) -> None:
    async with listening(station, await station.session(ANA)) as ana:
        station.app.end_streams()
        with pytest.raises(StopAsyncIteration):
            await ana.changed()
