"""An osquery agent, as far as the door meets it: enrolment, configuration, a buffered logger, questions, files.

Written from osquery's documentation of its TLS plugins. It does not wait between attempts, as a real agent does for
minutes; everything else is as documented: a key is got once and again when the server says that it is
invalid, a batch of lines leaves the buffer after a 200 without `error` and not before, an answer is a JSON object.
"""

import base64
import gzip
import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, cast

import httpx

Body = dict[str, object]
Rows = list[dict[str, str]]
Auth = Literal["body", "header", "both"]

ENROLMENTS: Final = 12
MOST_LINES: Final = 1_024
LONGEST_LINE: Final = 1_048_576


class Failed(Exception):
    """The server did not do what was asked. `node_invalid`: because it does not know the key."""

    def __init__(self, why: str, *, node_invalid: bool = False) -> None:
        super().__init__(why)
        self.node_invalid = node_invalid


@dataclass
class Agent:
    """An agent on one host. `find` answers SQL."""

    client: httpx.AsyncClient
    secret: str
    identifier: str
    auth: Auth = "body"
    compress: bool = False
    prefix: str = "/api/osquery"
    find: Callable[[str], Rows] = lambda _sql: []
    details: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    key: str = ""
    enrolments: int = 0
    refusals: list[int] = field(default_factory=list[int])
    lines: dict[str, deque[Body]] = field(default_factory=lambda: {"result": deque(), "status": deque()})
    config: Body = field(default_factory=dict[str, object])
    accelerate: int = 0

    async def enrol(self) -> None:
        """Gets a key; gives up after as many attempts as the agent."""
        asked: Body = {"enroll_secret": self.secret, "host_identifier": self.identifier, "host_details": self.details}
        for _ in range(ENROLMENTS):
            try:
                answer = await self._post("enroll", asked, headers={})
            except Failed:
                continue
            self.key = str(answer["node_key"])
            self.enrolments += 1
            return
        raise Failed("no key after twelve attempts")

    async def refresh(self) -> Body:
        """Asks for the configuration."""
        self.config = await self.request("config", {})
        return self.config

    def log(self, line: Body, *, kind: str = "result") -> None:
        """Puts a line into the buffer; one that is too long is dropped, as the agent does."""
        if len(json.dumps(line)) <= LONGEST_LINE:
            self.lines[kind].append(line)

    async def flush(self, kind: str = "result") -> bool:
        """Sends a batch of buffered lines; they leave the buffer only when the server has them."""
        held = self.lines[kind]
        batch = list(held)[:MOST_LINES]
        if not batch:
            return True
        try:
            await self.request("log", {"log_type": kind, "data": batch})
        except Failed:
            return False
        for _ in batch:
            held.popleft()
        return True

    async def flush_all(self, attempts: int = 200) -> None:
        """Sends until the buffer is empty."""
        for kind in self.lines:
            for _ in range(attempts):
                if not self.lines[kind]:
                    break
                await self.flush(kind)
            assert not self.lines[kind], "the server did not take the lines"

    async def answer_questions(self) -> int:
        """One turn of the distributed loop; how many questions there were."""
        given = await self.request("distributed/read", {})
        asked = cast("dict[str, str]", given.get("queries", {}))
        self.accelerate = cast("int", given.get("accelerate", 0))
        if not asked:
            return 0
        rows: dict[str, Rows] = {}
        statuses: dict[str, int] = {}
        messages: dict[str, str] = {}
        for name, sql in asked.items():
            try:
                rows[name], statuses[name] = self.find(sql), 0
            except ValueError as fault:
                rows[name], statuses[name], messages[name] = [], 1, str(fault)
        # This body begins with what was found: the key comes last.
        await self.request(
            "distributed/write", {"queries": rows, "statuses": statuses, "messages": messages}, last=True
        )
        return len(asked)

    async def carve(self, request_id: str, archive: bytes, *, block_size: int = 1_000) -> str:
        """Sends a file in blocks; the session under which it went."""
        count = math.ceil(len(archive) / block_size)
        begun = await self.request(
            "carve/begin",
            {
                "block_count": count,
                "block_size": block_size,
                "carve_size": len(archive),
                "carve_id": "8b5d7c2e-0000-4000-8000-000000000001",
                "request_id": request_id,
            },
        )
        session = str(begun["session_id"])
        for number in range(count):
            block = archive[number * block_size : (number + 1) * block_size]
            await self._post("carve/block", block_body(number, session, request_id, block), headers={})
        return session

    async def request(self, path: str, body: Body, *, last: bool = False) -> Body:
        """A request with the key; once more with a new one when the server does not know it."""
        if not self.key:
            await self.enrol()
        try:
            return await self._keyed(path, body, last=last)
        except Failed as failed:
            if not failed.node_invalid:
                raise
            await self.enrol()
            return await self._keyed(path, body, last=last)

    async def _keyed(self, path: str, body: Body, *, last: bool) -> Body:
        keyed = body
        if self.auth != "header":
            keyed = {**body, "node_key": self.key} if last else {"node_key": self.key, **body}
        headers = {} if self.auth == "body" else {"Authorization": f"NodeKey {self.key}"}
        return await self._post(path, keyed, headers=headers)

    async def _post(self, path: str, body: Body, *, headers: dict[str, str]) -> Body:
        content = json.dumps(body, separators=(",", ":")).encode()
        sent = {"User-Agent": "osquery/5.13.1", "Content-Type": "application/json", **headers}
        if self.compress:
            content, sent["Content-Encoding"] = gzip.compress(content), "gzip"
        try:
            answer = await self.client.post(f"{self.prefix}/{path}", content=content, headers=sent)
        except httpx.TransportError as fault:
            raise Failed(str(fault)) from fault
        if answer.status_code != 200:
            self.refusals.append(answer.status_code)
            raise Failed(f"{answer.status_code}: {answer.text}")
        read: object = answer.json()
        assert isinstance(read, dict), "an answer is an object"
        found = cast("Body", read)
        assert "error" not in found, "an answer of 200 says nothing of an error"
        invalid = found.get("node_invalid", False)
        assert isinstance(invalid, bool), "the agent reads a bool and nothing else"
        if invalid:
            raise Failed("the key is not known", node_invalid=True)
        return found


def block_body(number: int, session: str, request_id: str, block: bytes) -> Body:
    """A block as an agent sends it: without a key."""
    data = base64.b64encode(block).decode()
    return {"block_id": number, "session_id": session, "request_id": request_id, "data": data}


def result(number: int, *, host: str, **more: object) -> Body:
    """A line of a scheduled query."""
    return {
        "name": "process_events",
        "hostIdentifier": host,
        "calendarTime": "Mon Mar  2 12:00:00 2026 UTC",
        "unixTime": 1_772_452_800 + number,
        "epoch": 0,
        "counter": number,
        "numerics": False,
        "decorations": {"hostname": host, "platform": "ubuntu"},
        "columns": {
            "pid": str(number),
            "parent": "1",
            "path": "/usr/bin/curl",
            "cmdline": f"curl --silent http://a.example/{number}",
            "uid": "0",
            "time": str(1_772_452_800 + number),
        },
        "action": "added",
        **more,
    }


def status(number: int, *, host: str) -> Body:
    """A line that an agent writes about itself."""
    return {
        "hostIdentifier": host,
        "calendarTime": "Mon Mar  2 12:00:00 2026 UTC",
        "unixTime": str(1_772_452_800 + number),
        "severity": "1",
        "filename": "scheduler.cpp",
        "line": "105",
        "message": f"Scheduled query may have failed: {number}",
        "version": "5.13.1",
    }
