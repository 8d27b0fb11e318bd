"""What we ask of GitHub, held to GitHub's own description of its API by a program that is not ours.

So is what the server answers that the other tests read from.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from tests.wire.connectors import prism
from tests.wire.connectors.github_vendor import CONNECTOR, ENTERPRISE, ORIGIN, PAGE, TOKEN, GitHubVendor
from tests.wire.connectors.loopback import Answer
from tests.wire.connectors.pulling import Reader, remote_for
from watchfloor.feeds.connectors.connector import Malformed
from watchfloor.feeds.connectors.github.client import GitHub
from watchfloor.kernel.errors import Unavailable


class Guarded(GitHubVendor):
    """A server that is reached by the guard alone."""

    def __init__(self) -> None:
        super().__init__()
        self.guard = ""

    def stand_ins(self) -> Mapping[str, str]:
        return {ORIGIN: self.guard}


@pytest.fixture
async def vendor() -> AsyncGenerator[Guarded]:
    async with Guarded() as vendor, prism.before(vendor.server.origin) as vendor.guard:
        yield vendor


async def test_each_request_of_ours_is_one_that_github_describes(vendor: Guarded) -> None:
    names = await vendor.happen(PAGE * 3 + 4)
    one = Reader(CONNECTOR, remote_for(vendor, CONNECTOR), "audit-log")
    await one.take()
    assert set(one.records) == set(names)
    assert vendor.signed_in == 1
    assert all(finding.is_good for finding in await CONNECTOR.check(remote_for(vendor, CONNECTOR)))
    now = datetime.now(UTC)
    window = CONNECTOR.window("audit-log", start=now - timedelta(days=1), end=now)
    past = Reader(CONNECTOR, remote_for(vendor, CONNECTOR), "audit-log", window)
    await past.take()
    given = {"organization": "", "enterprise": ENTERPRISE, "token": TOKEN}
    whole = Reader(CONNECTOR, remote_for(vendor, CONNECTOR, given=given), "audit-log")
    await whole.take()
    assert set(whole.records) == set(names)


async def test_the_guard_notices_a_request_that_is_not_described(vendor: Guarded) -> None:
    odd = GitHub(page_records=cast("int", "many"))
    with pytest.raises(Malformed, match="422"):
        await Reader(odd, remote_for(vendor, odd), "audit-log").take()
    assert vendor.asked == []


async def test_the_guard_notices_an_answer_that_is_not_described(vendor: Guarded) -> None:
    vendor.answers = [Answer([{"@timestamp": "yesterday", "_document_id": "d0"}])]
    with pytest.raises(Unavailable):
        await Reader(CONNECTOR, remote_for(vendor, CONNECTOR), "audit-log").take()
