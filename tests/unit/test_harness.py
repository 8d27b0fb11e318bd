"""What tests rely on: what `tests/conftest.py` gives, and that nothing is left out of a run."""

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_socket

from watchfloor.kernel.config import Settings

if TYPE_CHECKING:
    from tests.conftest import Eventually, MakeSettings

TESTS = Path(__file__).parent.parent


def test_every_file_under_tests_that_holds_tests_is_collected() -> None:
    """A `suite.py` is collected as often as a class of a test file inherits from it."""
    silent = [
        path.relative_to(TESTS)
        for path in TESTS.rglob("*.py")
        if not path.name.startswith("test_") and path.name != "suite.py" and "def test_" in path.read_text("utf-8")
    ]
    assert silent == []


def test_no_package_is_made_of_a_test_folder() -> None:
    assert not list(TESTS.rglob("__init__.py"))


def test_no_way_leads_out_of_the_machine() -> None:
    blocked = pytest.raises(pytest_socket.SocketConnectBlockedError)
    with socket.socket() as way_out, pytest.warns(UserWarning, match="socket.connect"), blocked:
        way_out.connect(("192.0.2.1", 443))


async def test_no_way_leads_out_of_the_machine_from_a_loop_either() -> None:
    with pytest.warns(UserWarning, match="socket.connect"), pytest.raises(pytest_socket.SocketConnectBlockedError):
        await asyncio.open_connection("192.0.2.1", 443)


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_each_test_has_a_database_of_its_own(turn: str, superuser: "asyncpg.Connection[asyncpg.Record]") -> None:
    assert await superuser.fetchval("select to_regclass('public.marks')") is None, turn
    await superuser.execute("create table public.marks ()")


def test_each_made_installation_has_a_database_and_a_home_of_its_own(make_settings: "MakeSettings") -> None:
    one, other = make_settings(), make_settings()
    assert one.home != other.home
    assert one.database_url != other.database_url
    assert (one.secrets_dir / "context.key").read_bytes() == (other.secrets_dir / "context.key").read_bytes()


def test_test_settings_are_of_a_test_installation(settings: Settings) -> None:
    assert settings.environment == "test"
    assert settings.home.is_dir()


async def test_eventually_gives_what_it_waited_for(eventually: "Eventually") -> None:
    tries = iter([0, None, "", "here"])
    assert await eventually(lambda: next(tries)) == "here"


async def test_eventually_awaits_what_it_is_given(eventually: "Eventually") -> None:
    tries = iter([False, True])

    async def condition() -> bool:
        return next(tries)

    assert await eventually(condition)


async def test_eventually_fails_at_its_deadline_and_shows_the_condition(eventually: "Eventually") -> None:
    seen: list[str] = []
    with pytest.raises(AssertionError, match=r"not so within 0.05 s: .*cows come home"):
        await eventually(lambda: "cows come home" in seen, within=0.05)
