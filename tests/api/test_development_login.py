"""The demo's login without proof exists in a demo on this machine only."""

import asyncio
import re
import shutil
from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest

from infra.ports import free_port
from tests.api.running import UNLIMITED, Api, serving
from tests.conftest import Servers
from watchfloor.access import development
from watchfloor.access.limits import Limit
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, directory_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import new_uuid
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.migrate import bootstrap, migrate
from watchfloor.web.declaration import routes

LOGIN = "/api/v1/session"
DEMO = {"WATCHFLOOR_ENVIRONMENT": "demo"}


@pytest.mark.parametrize(
    ("environ", "possible"),
    [
        (DEMO, True),
        (DEMO | {"WATCHFLOOR_API_HOST": "::1"}, True),
        (DEMO | {"WATCHFLOOR_API_HOST": "localhost"}, True),
        (DEMO | {"WATCHFLOOR_API_HOST": "0.0.0.0"}, False),  # noqa: S104  refused
        (DEMO | {"WATCHFLOOR_API_HOST": "192.0.2.1"}, False),
        (DEMO | {"WATCHFLOOR_API_HOST": "demo.example"}, False),
        (DEMO | {"DATABASE_URL": "postgresql://127.0.0.1/watchfloor"}, False),
        ({}, False),
        ({"WATCHFLOOR_ENVIRONMENT": "test"}, False),
    ],
)
def test_the_settings_must_say_demo_embedded_and_loopback(environ: dict[str, str], possible: bool) -> None:
    assert development.is_possible(load_settings(environ)) is possible


def test_elsewhere_there_is_no_such_route(api: Api) -> None:
    assert ("POST", LOGIN) not in {(route.method, route.path) for route in routes(api.app.router)}
    assert api.speak().post(LOGIN, {"email": "lead@mssp.example"}).status_code == 405


@pytest.fixture(scope="module")
def demo(servers: Servers, open_dir: Path) -> Generator[Api]:
    """A demo as `watchfloor up` makes it, with an embedded database of its own."""
    home = open_dir / "demo"
    home.mkdir(mode=0o711)
    postgres = PostgresServer(home, free_port(), {"fsync": "off", "autovacuum": "off"})
    shutil.copytree(servers.settings.secrets_dir, home / "secrets", dirs_exist_ok=True)
    settings = load_settings(
        {
            "WATCHFLOOR_HOME": str(home),
            "WATCHFLOOR_ENVIRONMENT": "demo",
            "WATCHFLOOR_POSTGRES_PORT": str(postgres.port),
            "WATCHFLOOR_VALKEY_PORT": str(servers.valkey.port),
        }
    )
    asyncio.run(postgres.start())
    try:
        asyncio.run(bootstrap(settings, postgres.admin_dsn, create_database=True))
        asyncio.run(migrate(settings))
        with serving(settings) as running:
            yield running
    finally:
        asyncio.run(postgres.stop())


@pytest.fixture(scope="module")
def lead(demo: Api) -> str:
    """The address of a person of the demo."""

    async def work() -> None:
        async with directory_tx(demo.services.auth) as tx:
            await tx.execute(
                "insert into auth.people (id, email, name) values ($1, 'lead@mssp.example', 'Lead')", new_uuid()
            )

    demo.run(work())
    return "lead@mssp.example"


def test_in_a_demo_one_becomes_whom_one_names(demo: Api, lead: str) -> None:
    answer = demo.speak().post(LOGIN, {"email": lead.upper()})
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"watchfloor-session=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax", cookie), cookie
    voice = demo.speak(cookie=cookie.partition(";")[0])
    assert voice.get("/api/v1/me").json()["email"] == lead
    assert voice.get("/api/v1/session").json()["csrf_token"] == answer.json()["csrf_token"]


def test_in_a_demo_the_page_signs_in_by_a_form(demo: Api, lead: str) -> None:
    unknown = demo.speak(accept="text/html").get("/console")
    assert (unknown.status_code, 'action="/console/session"' in unknown.text) == (401, True)
    wrong = demo.speak(accept="text/html").request("POST", "/console/session", form={"email": "nobody@mssp.example"})
    assert (wrong.status_code, "Nobody of the demo" in wrong.text) == (401, True)
    entered = demo.speak().request("POST", "/console/session", form={"email": lead})
    assert (entered.status_code, entered.headers["location"]) == (303, "/console")
    voice = demo.speak(cookie=entered.headers["set-cookie"].partition(";")[0])
    assert voice.get("/api/v1/me").json()["email"] == lead
    foreign = {"origin": "https://evil.example"}
    refused = demo.speak().request("POST", "/console/session", form={"email": lead}, headers=foreign)
    assert refused.status_code == 403


def test_a_planted_id_does_not_survive_the_login(demo: Api, lead: str) -> None:
    first = demo.speak().post(LOGIN, {"email": lead}).headers["set-cookie"].partition(";")[0]
    second = demo.speak(cookie=first).post(LOGIN, {"email": lead}).headers["set-cookie"].partition(";")[0]
    assert first != second
    assert [demo.speak(cookie=cookie).get("/api/v1/me").status_code for cookie in (first, second)] == [401, 200]


@pytest.mark.parametrize("email", ["nobody@mssp.example", "lead", "lead@mssp.example\x00", "%%%"])
@pytest.mark.usefixtures("lead")
def test_who_is_not_of_the_demo_is_nobody(demo: Api, email: str) -> None:
    assert demo.speak().post(LOGIN, {"email": email}).status_code == 401


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
def test_another_site_signs_nobody_in(demo: Api, lead: str, headers: dict[str, str]) -> None:
    assert demo.speak().request("POST", LOGIN, json={"email": lead}, headers=headers).status_code == 403


def test_logins_are_limited_by_address(demo: Api, lead: str) -> None:
    login = Limit(name=f"login-{new_uuid()}", count=2, seconds=600)
    with serving(demo.services.settings, limits=msgspec.structs.replace(UNLIMITED, login=login)) as tight:
        assert [tight.speak().post(LOGIN, {"email": lead}).status_code for _ in range(3)] == [201, 201, 429]
    away = msgspec.structs.replace(demo.services.settings, valkey_port=1)
    with serving(away) as without_valkey:
        assert without_valkey.speak().post(LOGIN, {"email": lead}).status_code == 503


async def test_a_database_that_is_no_demo_has_no_such_login(settings: Settings, db_auth: Database) -> None:
    pretending = msgspec.structs.replace(settings, environment="demo", database_url=None)
    async with directory_tx(db_auth) as tx:
        with pytest.raises(NotFound):
            await development.sign_in(tx, pretending, email="lead@mssp.example")


async def test_settings_that_are_no_demo_s_have_no_such_login(settings: Settings, db_auth: Database) -> None:
    async with directory_tx(db_auth) as tx:
        with pytest.raises(NotFound):
            await development.sign_in(tx, settings, email="lead@mssp.example")


def test_an_address_that_is_no_loopback_s_is_none() -> None:
    assert not development.is_loopback("")
