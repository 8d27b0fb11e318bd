"""The page's forms without a browser: once each, ours alone, with what was typed kept when something is wrong."""

import re
from datetime import timedelta
from html import unescape

import httpx
import msgspec
import pytest

from tests.browser.station import Station
from tests.chat.floor import card_after
from tests.domain.workplace import Count
from watchfloor.access.sessions import OpenedSession, csrf_token
from watchfloor.desk.chat_state import BotState, tell_state
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.secret import Secret
from watchfloor.web.console.reading import LINES_SHOWN

ANA, LEA, VIC = "ana@mssp.example", "lea@mssp.example", "vic@acme.example"


def form(session: OpenedSession, **fields: str) -> dict[str, str]:
    """What a form of the page sends."""
    return {"csrf": csrf_token(session.id).reveal(), "request": new_uuid().hex, "at": "ACME-1", **fields}


def sentence(answer: httpx.Response) -> str:
    """What the page says about what was asked."""
    found = re.search(r'<p class="sentence \w+">(.*?)</p>', answer.text, re.DOTALL)
    return unescape(found[1]) if found else ""


async def follow(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 303, answer.text
    return await client.get(answer.headers["location"])


async def test_the_same_form_sent_twice_does_it_once(station: Station, count: Count) -> None:
    await station.floor.incident(station.floor.acme)
    session = await station.session(ANA)
    async with station.client(session) as client:
        sent = form(session, verb="note", incident="ACME-1", **{"f.text": "Called Jonas."})
        first = await follow(client, await client.post("/console/do", data=sent))
        again = await follow(client, await client.post("/console/do", data=sent))
    assert "Called Jonas." in first.text
    assert sentence(again) == "This was done already."
    assert await count("wf.incident_timeline where kind = 'note'") == 1


async def test_the_same_id_of_another_person_is_another_request(station: Station, count: Count) -> None:
    await station.floor.incident(station.floor.acme)
    request = new_uuid().hex
    for email in (ANA, LEA):
        session = await station.session(email)
        async with station.client(session) as client:
            fields = form(session, verb="note", incident="ACME-1", **{"f.text": "Seen."}) | {"request": request}
            await follow(client, await client.post("/console/do", data=fields))
    assert await count("wf.incident_timeline where kind = 'note'") == 2


@pytest.mark.parametrize("token", ["", "made up", "of another session"])
async def test_a_form_without_its_session_s_token_changes_nothing(station: Station, count: Count, token: str) -> None:
    await station.floor.incident(station.floor.acme)
    session = await station.session(ANA)
    if token == "of another session":
        token = csrf_token((await station.session(ANA)).id).reveal()
    fields = form(session, verb="ack", incident="ACME-1") | {"csrf": token}
    async with station.client(session) as client:
        assert (await client.post("/console/do", data=fields)).status_code == 403
        in_two_places = httpx.QueryParams(list(fields.items())) if token else httpx.QueryParams(fields)
        doubled = f"{in_two_places}&csrf={csrf_token(session.id).reveal()}"
        kind = {"content-type": "application/x-www-form-urlencoded"}
        assert (await client.post("/console/do", content=doubled, headers=kind)).status_code == 403
    assert await count("wf.incidents where state = 'new'") == 1


async def test_a_form_that_the_desk_refuses_keeps_what_was_typed(station: Station) -> None:
    await station.floor.incident(station.floor.acme)
    session = await station.session(ANA)
    await card_after(station.floor.session(ANA), "ack ACME-1")
    async with station.client(session) as client:
        fields = {"f.verdict": "benign", "f.reason": "<b>short"}
        answer = await client.post("/console/do", data=form(session, verb="verdict", incident="ACME-1", **fields))
    assert answer.status_code == 400
    assert "10" in sentence(answer)
    assert ">\n&lt;b&gt;short</textarea>" in answer.text
    assert '<option value="benign" selected>' in answer.text
    assert "<b>short" not in answer.text


async def test_what_is_not_allowed_is_refused_and_written_down(station: Station, count: Count) -> None:
    await station.floor.incident(station.floor.acme)
    await station.floor.person("cora@mssp.example", "Cora", operator="content_engineer", acme="content_engineer")  # type: ignore[arg-type]  # as text
    session = await station.session("cora@mssp.example")
    async with station.client(session) as client:
        page = await client.get("/console?at=ACME-1")
        assert 'id="f-ack"' not in page.text
        answer = await client.post("/console/do", data=form(session, line="ack"))
    assert answer.status_code == 403
    assert "incident.acknowledge" in sentence(answer)
    assert await count("wf.audit_entries where action = 'access.refused'") == 1


async def test_what_another_tenant_has_and_what_nobody_has_look_alike(station: Station) -> None:
    await station.floor.incident(station.floor.nord)
    session = await station.session(ANA)

    def without_ids(answer: httpx.Response, ref: str) -> str:
        return re.sub(r"[0-9a-f]{32}", "id", answer.text).replace(ref, "REF")

    async with station.client(session) as client:
        pages = {without_ids(await client.get(f"/console?at={ref}"), ref) for ref in ("NORD-1", "NORD-2", "ZETA-1")}
        assert len(pages) == 1
        refused = [
            await client.post("/console/do", data=form(session, verb="ack", incident=ref))
            for ref in ("NORD-1", "ZETA-1")
        ]
        assert [answer.status_code for answer in refused] == [404, 404]
        assert len({sentence(answer) for answer in refused}) == 1


async def test_an_answer_is_for_the_session_that_asked(station: Station) -> None:
    await station.floor.incident(station.floor.acme)
    ana, lea = await station.session(ANA), await station.session(LEA)
    async with station.client(ana) as client:
        led = await client.post("/console/do", data=form(ana, line="pages"))
        assert sentence(await client.get(led.headers["location"]))
    for other in (lea, await station.session(ANA)):
        async with station.client(other) as client:
            assert sentence(await client.get(led.headers["location"])) == ""


async def test_customers_have_no_such_page(station: Station) -> None:
    session = await station.session(VIC)
    async with station.client(session) as client:
        assert [(await client.get(path)).status_code for path in ("/console", "/console/look", "/console/changes")] == [
            404,
            404,
            404,
        ]


async def test_nobody_is_told_how_to_sign_in(station: Station) -> None:
    async with httpx.AsyncClient(base_url=station.address, trust_env=False) as client:
        answer = await client.get("/console", headers={"accept": "text/html"})
        assert answer.status_code == 401
        assert "identity provider" in answer.text
        assert (await client.post("/console/session", data={"email": ANA})).status_code == 404


async def test_looking_at_a_customer_s_incident_stands_in_the_customer_s_log(station: Station, count: Count) -> None:
    await station.floor.incident(station.floor.acme)
    session = await station.session(ANA)
    async with station.client(session) as client:
        assert "ACME-1" in (await client.get("/console?at=ACME-1")).text
    assert await count("wf.audit_entries where action = 'access.viewed' and object_kind = 'incident'") == 1


async def test_a_page_weighs_less_than_a_hundred_kilobytes(station: Station) -> None:
    for number in range(LINES_SHOWN + 2):
        await station.floor.incident(station.floor.acme, title=f"A rule with a title as long as most are: {number}")
    session = await station.session(LEA)
    async with station.client(session) as client:
        whole = await client.get("/console?at=ACME-1")
        paths = set(re.findall(r"/(?:console/static|pages)/[^\"]+\.\w+\?v=\w+", whole.text))
        sizes = [len(whole.content), *[len((await client.get(path)).content) for path in paths]]
        rest = await client.get(f"/console?past={LINES_SHOWN}")
    assert len(paths) == 3
    assert sum(sizes) < 100_000, sizes
    assert (whole.text.count('<li class="line'), rest.text.count('<li class="line')) == (LINES_SHOWN, 2)
    assert ("Less urgent" in whole.text, "More urgent" in rest.text) == (True, True)


async def test_a_chat_that_is_away_is_told_with_the_time_since_when(station: Station) -> None:
    session, valkey = await station.session(ANA), station.floor.valkey
    at = station.services.clock.now()
    connected = BotState(
        gateway=True, at=at, latency_seconds=0.1, oldest_card_seconds=0, seconds_since_interaction=None
    )
    async with station.client(session) as client:
        assert "The chat is down" not in (await client.get("/console")).text
        station.services.settings = msgspec.structs.replace(station.services.settings, discord_token=Secret("token"))
        assert "The chat is down.<" in (await client.get("/console")).text
        await tell_state(valkey, connected)
        assert "The chat is down" not in (await client.get("/console")).text
        await tell_state(valkey, msgspec.structs.replace(connected, gateway=False, at=at + timedelta(minutes=5)))
        assert f"The chat is down since {at:%H:%M:%S} UTC." in (await client.get("/console")).text
    await valkey.delete("wf:chat:state", "wf:chat:seen")


async def test_a_page_that_somebody_has_not_answered_is_told_on_top(station: Station) -> None:
    await station.floor.incident(station.floor.acme, level="critical")
    session = await station.session(ANA)
    async with station.client(session) as client:
        assert "Unanswered pages: 1" in (await client.get("/console")).text
        await follow(client, await client.post("/console/do", data=form(session, line="ack")))
        assert "Unanswered pages" not in (await client.get("/console")).text
