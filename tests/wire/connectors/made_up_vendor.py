"""The vendor that does not exist, on the loopback."""

import itertools
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.made_up import ORIGIN
from tests.wire.connectors.vendor import Vendor

KEY: Final = "a-key-that-nobody-else-has"
PAGE: Final = 10


class MadeUpVendor(Vendor):
    """A log whose records are numbered as they come to be known."""

    CONNECTOR = "tests.wire.connectors.made_up:CONNECTOR"
    STREAM = "log"

    def __init__(self) -> None:
        super().__init__()
        self.server = Loopback(self._answer)
        self._records: list[dict[str, object]] = []
        self._numbers = itertools.count(1)
        self._tokens = itertools.count(1)
        self._token = ""
        self._is_revoked = False
        self.is_dead = False
        self.keys = {KEY}

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    def given(self) -> Mapping[str, str]:
        return {"account": "mine", "key": KEY}

    def stand_ins(self) -> Mapping[str, str]:
        return {ORIGIN: self.server.origin}

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        now = datetime.now(UTC) - timedelta(hours=3 if is_late else 0)
        fresh: list[dict[str, object]] = [
            {"id": f"r{number}", "account": "theirs" if is_foreign else "mine", "at": now.isoformat()}
            for number in itertools.islice(self._numbers, count)
        ]
        self._records += fresh
        return [str(one["id"]) for one in fresh]

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["id"])

    def expire(self) -> None:
        self._token = ""

    def revoke(self, *, is_back: bool = False) -> None:
        self._is_revoked = not is_back
        self._token = ""

    async def _answer(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self._sign_in(asked)
        if self._throttled:
            self._throttled -= 1
            return Answer({"error": "slow down"}, 429, {"retry-after": "1"})
        if not self._token or asked.headers.get("authorization") != self._token:
            return Answer({"error": "token"}, 401)
        if self._is_forbidden:
            return Answer({"error": "log.read"}, 403)
        return await self._page(asked)

    def _sign_in(self, asked: Asked) -> Answer:
        if self._is_revoked or asked.body.decode() not in self.keys:
            return Answer({"error": "key"}, 401)
        self._token = f"token-{next(self._tokens)}"
        return Answer(self._token.encode())

    async def _page(self, asked: Asked) -> Answer:
        after = int(asked.query["after"])
        shown = self._records
        if until := asked.query.get("until"):
            shown = [one for one in shown if str(one["at"]) <= until]
        found = shown[after : after + PAGE]
        leads_to = after + len(found)
        if self._repeats and len(found) > 1:  # the next page has half of this one again
            leads_to = after + len(found) // 2
        if self._disorders:
            found = random.sample(found, len(found))
        answer = Answer({"records": found, "next": leads_to, "has_more": leads_to < len(shown)})
        if await self._interrupt():
            answer = Answer({"records": found, "next": leads_to, "has_more": True})
        return answer
