"""What tests of the web application share: one running application, and the world in it."""

from collections.abc import Generator

import pytest

from tests.api.running import Api, serving
from tests.api.world import World
from tests.conftest import MakeSettings


@pytest.fixture(scope="session")
def api(make_settings: MakeSettings) -> Generator[Api]:
    """The application on a database of its own, for all tests that leave the world as they find it or add to it."""
    with serving(make_settings("api")) as running:
        yield running


@pytest.fixture(scope="session")
def whole_world(api: Api) -> World:
    """The MSSP, Alpha and Beta, as they are first made."""
    return World(api)


@pytest.fixture(scope="module")
def world(whole_world: World) -> World:
    """The MSSP, Alpha and Beta, with everybody signed in: all tests together take longer than a session may idle."""
    whole_world.keep_signed_in()
    return whole_world
