"""Connectors are not to be led anywhere but to their vendor: not by settings, names, links, redirects or key files.

Every attempt to connect is heard from the interpreter itself, so that "refused" means that no packet left, to whatever
place. The rules are those of the one way out; here they are driven through the connectors that rely on them.
"""

import sys
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, cast

import pytest

from tests.wire.connectors.entra_vendor import EntraVendor
from tests.wire.connectors.gcp_pubsub_vendor import ORIGIN as PUBSUB
from tests.wire.connectors.gcp_pubsub_vendor import GcpPubsubVendor
from tests.wire.connectors.google_vendor import key_file
from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.m365_vendor import M365Vendor
from tests.wire.connectors.microsoft_login import CLIENT, SECRET, TENANT
from tests.wire.connectors.nursery import imported
from tests.wire.connectors.pulling import TRUST, Reader, nothing_known, remote_for
from tests.wire.connectors.workspace_vendor import ADMIN, CUSTOMER, WorkspaceVendor
from watchfloor.feeds.connectors.connector import Connector, Malformed, Remote
from watchfloor.feeds.connectors.instances.registry import check_given
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.egress_rules import EgressRefused
from watchfloor.kernel.errors import Invalid, WatchfloorError
from watchfloor.kernel.secret import Secret

_MICROSOFT: Final = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET}
GIVEN: Final[dict[str, Mapping[str, str]]] = {
    "gcp_pubsub": GcpPubsubVendor().given(),
    "workspace": {"customer_id": CUSTOMER, "admin_email": ADMIN, "service_account_key": key_file()},
    "m365": _MICROSOFT,
    "entra": _MICROSOFT,
    "azure_blob": {
        "account": "acmelogs",
        "containers": "insights-logs-signinlogs",
        "accounts": TENANT,
        "sas": "sv=2021-12-02&sp=rl&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    },
    "aws_s3": {
        "queue_urls": "https://sqs.eu-central-1.amazonaws.com/111122223333/logs",
        "buckets": "acme-logs",
        "accounts": "111122223333",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    },
    "okta": {"domain": "acme.okta.com", "org_id": f"00o{'a' * 17}", "api_token": "a" * 40},
    "github": {"organization": "acme", "token": "a" * 40},
}
VENDORS: Final = (
    ".googleapis.com",
    ".microsoft.com",
    ".office.com",
    ".microsoftonline.com",
    ".blob.core.windows.net",
    ".amazonaws.com",
    ".okta.com",
    "api.github.com",
)

ADDRESSES: Final = (
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "169.254.169.254",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "10.0.0.5",
    "0.0.0.0",  # noqa: S104  it is refused
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
)

# What a customer might write into a setting so that a request goes elsewhere.
SETTINGS: Final = (
    ("okta", "domain", "127.0.0.1:{trap}"),
    ("okta", "domain", "evil.example/acme.okta.com"),
    ("okta", "domain", "acme.okta.com.evil.example"),
    ("okta", "domain", "acme.okta.com@169.254.169.254"),
    ("github", "api_host", "169.254.169.254"),
    ("github", "api_host", "api.github.com.evil.example"),
    ("github", "api_host", "api.github.com:{trap}"),
    ("github", "organization", "../../../users"),
    ("gcp_pubsub", "subscriptions", "//169.254.169.254/computeMetadata/v1"),
    ("gcp_pubsub", "subscriptions", "projects/acme-security/subscriptions/x@127.0.0.1:{trap}/"),
    ("gcp_pubsub", "subscriptions", "@127.0.0.1:{trap}/projects/p/subscriptions/s"),
    ("gcp_pubsub", "subscriptions", "https://127.0.0.1:{trap}/v1/projects/p/subscriptions/s"),
    ("gcp_pubsub", "subscriptions", "../../../computeMetadata/v1/instance?x=\r\nHost: metadata.google.internal"),
    ("workspace", "customer_id", "C01&userKey=all#@127.0.0.1:{trap}"),
    ("workspace", "admin_email", "a@127.0.0.1:{trap}/../x"),
    ("m365", "tenant_id", "../../@127.0.0.1:{trap}"),
    ("m365", "tenant_id", "\\\\127.0.0.1:{trap}\\x"),
    ("entra", "tenant_id", "x@169.254.169.254/#"),
    ("azure_blob", "account", "127.0.0.1:{trap}/x?y="),
    ("azure_blob", "account", "169.254.169.254/latest#"),
    ("azure_blob", "account", "user:password@127.0.0.1:{trap}#"),
    ("azure_blob", "account", "evil.example#"),
    ("azure_blob", "account", "[::ffff:127.0.0.1]:{trap}/"),
    ("azure_blob", "containers", "../../@127.0.0.1:{trap}/x"),
    ("aws_s3", "queue_urls", "http://169.254.169.254/latest/meta-data/#sqs.eu-central-1.amazonaws.com"),
    ("aws_s3", "queue_urls", "https://sqs.eu-central-1.amazonaws.com@127.0.0.1:{trap}/111122223333/q"),
    ("aws_s3", "queue_urls", "https://sqs.evil.example#.amazonaws.com/111122223333/q"),
    ("aws_s3", "queue_urls", "https://127.0.0.1:{trap}/111122223333/q"),
    ("aws_s3", "queue_urls", "https://2130706433/111122223333/q"),
)

# Where an answer might lead: as the target of a redirect.
PLACES: Final = (
    "http://127.0.0.1:{trap}/",
    "http://localhost:{trap}/",
    "http://[::ffff:127.0.0.1]:{trap}/",
    "http://2130706433:{trap}/",
    "http://0177.0.0.1:{trap}/",
    "http://0x7f.1:{trap}/",
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "//127.0.0.1:{trap}/",
    "http://user:password@127.0.0.1:{own}/",
    "https://127.0.0.1:{own}/",
    "https://pubsub.googleapis.com.evil.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{trap}/_x",
    "\\\\127.0.0.1:{trap}\\x",
)

# Where a link in an answer might lead: its origin.
ORIGINS: Final = (
    "http://127.0.0.1:{trap}",
    "https://127.0.0.1:{trap}",
    "http://[::ffff:7f00:1]:{trap}",
    "https://2130706433:{trap}",
    "http://169.254.169.254",
    "https://user@{host}",
    "https://{host}@127.0.0.1:{trap}",
    "https://{host}:8443",
    "https://{host}.evil.example",
    "https://evil.example\\@{host}",
)


class Connects:
    """The places that sockets of this process were connected to while it listened."""

    def __init__(self) -> None:
        self.is_listening = False
        self.places: list[tuple[object, ...]] = []
        sys.addaudithook(self._hear)  # for good: there is no way to take it away again

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_listening and event == "socket.connect" and isinstance(arguments[1], tuple):
            self.places.append(cast("tuple[object, ...]", arguments[1]))

    def elsewhere(self, origin: str) -> list[tuple[object, ...]]:
        """Those that are not the one origin."""
        port = int(origin.rpartition(":")[2])
        return [place for place in self.places if place[:2] != ("127.0.0.1", port)]


_connects: Final = Connects()


@dataclass
class Names:
    """A resolver: each name's answers in turn, the last of them again and again."""

    answers: list[Sequence[str]]
    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def connects() -> Generator[Connects]:
    _connects.places.clear()
    _connects.is_listening = True
    yield _connects
    _connects.is_listening = False


@pytest.fixture
async def trap() -> AsyncGenerator[Loopback]:
    """A service of this machine that nobody may ask."""

    async def answer(asked: Asked) -> Answer:
        del asked
        return Answer({"access_token": "t", "value": [], "items": []})

    async with Loopback(answer) as server:
        yield server
        assert server.requests == []


def connector(name: str) -> Connector:
    return imported(f"watchfloor.feeds.connectors.{name}.client:CONNECTOR")


def stream_of(name: str) -> str:
    return next(one.name for one in connector(name).manifest.streams if one.is_on)


def remote(
    name: str, names: Names, *, stand_ins: Mapping[str, str] | None = None, raw: Mapping[str, str] | None = None
) -> Remote:
    """An account whose names are answered so; `raw` settings are put past the check of what was given."""
    told = check_given(connector(name).manifest, GIVEN[name])
    stand_ins, raw = stand_ins or {}, raw or {}
    secrets = {key: Secret(raw[key]) if key in raw else secret for key, secret in told.secrets.items()}
    return Remote(
        settings={key: raw.get(key, value) for key, value in told.settings.items()},
        secrets=secrets,
        egress=Egress(trust=TRUST, resolver=names, loopback_origins=frozenset(stand_ins.values())),
        clock=SystemClock(),
        known=nothing_known,
        stand_ins=stand_ins,
    )


def filled(text: str, trap: Loopback, *, own: str = "", host: str = "") -> str:
    port = trap.origin.rpartition(":")[2]
    return text.replace("{trap}", port).replace("{own}", own.rpartition(":")[2]).replace("{host}", host)


async def pull(name: str, account: Remote) -> None:
    async with aclosing(connector(name).pull(account, stream_of(name), None)) as pages:
        async for _ in pages:
            pass


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", GIVEN)
async def test_a_vendors_name_that_leads_to_a_forbidden_address_is_not_followed(
    connects: Connects, name: str, address: str
) -> None:
    for answers in ([address], ["8.8.8.8", address]):  # one bad record spoils the others
        names = Names([answers])
        with pytest.raises(EgressRefused):
            await pull(name, remote(name, names))
        assert all(host.endswith(VENDORS) for host in names.asked)
        assert names.asked
    assert connects.places == []


@pytest.mark.parametrize("name", GIVEN)
async def test_trying_a_connector_out_is_no_way_around(connects: Connects, name: str) -> None:
    names = Names([["169.254.169.254"]])
    try:
        findings = await connector(name).check(remote(name, names))
    except EgressRefused:
        findings = []
    assert not any(one.is_good for one in findings)
    assert names.asked
    assert connects.places == []


@pytest.mark.parametrize(("name", "setting", "text"), SETTINGS)
async def test_a_setting_names_no_other_place(
    connects: Connects, trap: Loopback, name: str, setting: str, text: str
) -> None:
    value = filled(text, trap)
    with pytest.raises(Invalid):
        check_given(connector(name).manifest, {**GIVEN[name], setting: value})
    names = Names([["127.0.0.1"]])  # and if the check of settings had a hole
    with pytest.raises(WatchfloorError):
        await pull(name, remote(name, names, raw={setting: value}))
    if name not in ("azure_blob", "okta"):  # whose host is in a setting: there the check of it stands alone
        assert all(host.endswith(VENDORS) for host in names.asked)
    assert connects.places == []


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("name", ["gcp_pubsub", "workspace", "m365", "entra", "okta", "github"])
async def test_a_redirect_is_not_followed_anywhere_else(
    connects: Connects, trap: Loopback, name: str, status: int
) -> None:
    places = [""]

    async def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/token") and name != "gcp_pubsub":
            return Answer({"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
        return Answer(b"", status, {"location": places[0]})

    async with Loopback(answer) as server:
        for place in PLACES:
            places[0] = filled(place, trap, own=server.origin)
            with pytest.raises(EgressRefused):
                await pull(name, remote(name, Names([["127.0.0.1"]]), stand_ins=_all_at(server.origin)))
            assert connects.places
            assert connects.elsewhere(server.origin) == []


@pytest.mark.parametrize("name", ["workspace", "m365", "entra"])
async def test_who_signs_in_is_not_sent_elsewhere_with_his_secret(
    connects: Connects, trap: Loopback, name: str
) -> None:
    places = [""]

    async def answer(asked: Asked) -> Answer:
        del asked
        return Answer(b"", 307, {"location": places[0]})

    async with Loopback(answer) as server:
        for place in PLACES:
            places[0] = filled(place, trap, own=server.origin)
            fresh = {"client_secret": f"nobody-signed-in-with-this-at-{place}"} if name != "workspace" else {}
            account = remote(name, Names([["127.0.0.1"]]), stand_ins=_all_at(server.origin), raw=fresh)
            with pytest.raises(EgressRefused):
                await pull(name, account)
            assert connects.elsewhere(server.origin) == []
        assert len(server.requests) == len(PLACES)


@pytest.mark.parametrize("kind", ["blob", "page"])
async def test_links_of_microsoft_365_are_followed_on_its_host_only(
    connects: Connects, trap: Loopback, kind: str
) -> None:
    m365 = connector("m365")
    async with M365Vendor() as vendor:
        await vendor.happen(40)
        for origin in ORIGINS:
            hostile = filled(origin, trap, host="manage.office.com")
            if kind == "blob":
                vendor.link_origin = hostile
            else:
                vendor.next_origin = hostile
            with pytest.raises(Malformed, match="link"):
                await Reader(m365, remote_for(vendor, m365), vendor.STREAM).take()
            assert connects.elsewhere(vendor.server.origin) == []


async def test_links_of_graph_are_followed_on_its_host_only(connects: Connects, trap: Loopback) -> None:
    entra = connector("entra")
    async with EntraVendor() as vendor:
        await vendor.happen(40)
        for origin in ORIGINS:
            vendor.link_origin = filled(origin, trap, host="graph.microsoft.com")
            with pytest.raises(Malformed, match="link"):
                await Reader(entra, remote_for(vendor, entra), vendor.STREAM).take()
            assert connects.elsewhere(vendor.server.origin) == []


async def test_a_page_token_is_text_and_no_place(connects: Connects, trap: Loopback) -> None:
    tokens = [f"{filled(origin, trap, host='admin.googleapis.com')}/#\r\nHost: evil.example" for origin in ORIGINS]

    async def answer(asked: Asked) -> Answer:
        if asked.path == "/token":
            return Answer({"access_token": "t"})
        page = tokens.index(asked.query["pageToken"]) + 1 if "pageToken" in asked.query else 0
        if page == len(tokens):
            return Answer({"items": []})
        return Answer({"nextPageToken": tokens[page], "nextLink": tokens[page], "selfLink": tokens[page]})

    async with Loopback(answer) as server:
        await pull("workspace", remote("workspace", Names([["127.0.0.1"]]), stand_ins=_all_at(server.origin)))
        assert {asked.query.get("pageToken") for asked in server.requests} == {None, *tokens}
        assert {asked.path for asked in server.requests} == {
            "/token",
            "/admin/reports/v1/activity/users/all/applications/admin",
        }
        assert connects.elsewhere(server.origin) == []


@pytest.mark.parametrize("kind", [GcpPubsubVendor, WorkspaceVendor])
async def test_the_places_in_a_key_file_are_never_asked(
    connects: Connects, trap: Loopback, kind: type[GcpPubsubVendor | WorkspaceVendor]
) -> None:
    places = ("token_uri", "auth_uri", "auth_provider_x509_cert_url", "client_x509_cert_url", "universe_domain")
    hostile = key_file(**dict.fromkeys(places, f"{trap.origin}/token"))
    async with kind() as vendor:
        await vendor.happen(3)
        found = imported(vendor.CONNECTOR)
        account = remote_for(vendor, found, given={"service_account_key": hostile})
        reader = Reader(found, account, vendor.STREAM)
        await reader.take()
        assert len(reader.records) == 3, "it works all the same, with Google's own places"
        assert connects.elsewhere(vendor.server.origin) == []


@pytest.mark.parametrize("second", ["169.254.169.254", "10.0.0.5", "::ffff:127.0.0.1", "2130706433"])
async def test_a_name_that_changes_its_mind_is_judged_at_each_connection(connects: Connects, second: str) -> None:
    async with GcpPubsubVendor() as vendor:
        await vendor.happen(3)
        port = vendor.server.origin.rpartition(":")[2]
        stand_ins = {PUBSUB: f"http://pubsub.acme.example:{port}"}
        names = Names([["127.0.0.1"], [second]])
        account = remote("gcp_pubsub", names, stand_ins=stand_ins)
        pubsub = connector("gcp_pubsub")
        pages = pubsub.pull(account, "messages", None)
        page = await anext(pages)
        with pytest.raises(EgressRefused):
            await pubsub.settle(account, "messages", page.receipts)
        await pages.aclose()
        assert len(names.asked) == 2
        assert connects.elsewhere(vendor.server.origin) == []


async def test_what_listens_for_connections_hears_them(connects: Connects, trap: Loopback) -> None:
    async with GcpPubsubVendor() as vendor:
        await vendor.happen(1)
        pubsub = connector("gcp_pubsub")
        await Reader(pubsub, remote_for(vendor, pubsub), "messages").take()
        assert connects.places
        assert connects.elsewhere(vendor.server.origin) == []
        assert connects.elsewhere(trap.origin) == connects.places


def _all_at(origin: str) -> dict[str, str]:
    """Every origin of the vendors at one place."""
    usual = (
        PUBSUB,
        "https://admin.googleapis.com",
        "https://oauth2.googleapis.com",
        "https://manage.office.com",
        "https://graph.microsoft.com",
        "https://login.microsoftonline.com",
        "https://acme.okta.com",
        "https://api.github.com",
    )
    return dict.fromkeys(usual, origin)
