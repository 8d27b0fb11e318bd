"""Only kernel/egress*.py reaches out of the machine (E1)."""

import pytest

from tests.layout.sources import Source, expect_none, is_under, planted, product, uses

CLIENTS = (
    "httpx", "httpcore", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib", "smtplib",
    "imaplib", "poplib", "telnetlib", "xmlrpc", "websockets", "socket", "asyncio.open_connection", "pycurl",
)  # fmt: skip
HOMES = {
    "bot/discord/faults.py": "names the errors of the Discord library's connections",
    "platform/watchfloor/kernel/egress.py": "the client",
    "platform/watchfloor/kernel/egress_network.py": "its connections and look-ups",
    "platform/watchfloor/kernel/egress_rules.py": "its judgement of URLs",
    "platform/watchfloor/kernel/serving.py": "binds the listening sockets of the API and the doors",
    "platform/watchfloor/ops/embedded/valkey.py": "asks the server that it started whether it is ready",
    "platform/watchfloor/ops/replay/stream.py": "sends to the syslog door of this machine, which is no HTTP",
    "platform/watchfloor/search/process.py": "talks to its own processes over pairs of sockets",
    "platform/watchfloor/search/worker.py": "is talked to so; it has no network",
    "platform/watchfloor/ops/embedded/ports.py": "looks whether a port of this machine is free",
}


def faults(source: Source) -> list[str]:
    if source.path in HOMES:
        return []
    return [
        source.fault(node, f"{name}: requests leave through kernel/egress.py")
        for node, name in uses(source)
        if is_under(name, *CLIENTS)
    ]


def test_only_egress_reaches_out() -> None:
    expect_none(fault for source in product() for fault in faults(source))


def test_each_home_is_still_needed() -> None:
    used = {source.path for source in product() if any(is_under(name, *CLIENTS) for _, name in uses(source))}
    assert used == set(HOMES)


@pytest.mark.parametrize(
    "text",
    [
        "import httpx\nhttpx.get('https://example.com')",
        "from httpx import AsyncClient",
        "import urllib.request",
        "from urllib import request",
        "from http import client",
        "import http.client as web",
        "import requests",
        "import aiohttp",
        "import socket\nsocket.create_connection(('example.com', 80))",
        "import asyncio\nasync def f():\n    await asyncio.open_connection('example.com', 80)",
        "def late():\n    import smtplib",
    ],
)
def test_each_planted_client_is_found(text: str) -> None:
    assert faults(planted("platform/watchfloor/intel/feed.py", text))


@pytest.mark.parametrize(
    "text",
    [
        "from urllib.parse import urlsplit",
        "from http import HTTPStatus",
        "import asyncio\nasync def f():\n    await asyncio.start_server(f, '127.0.0.1', 0)",
        "from watchfloor.kernel.egress import Egress",
    ],
)
def test_lookalikes_pass(text: str) -> None:
    assert faults(planted("platform/watchfloor/intel/feed.py", text)) == []
