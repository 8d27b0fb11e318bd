"""A storage account with diagnostic logs: a blob server that is not ours, behind what Azure puts before it.

The front knows tokens of an application, which the blob server would take with TLS only, and makes the account's
troubles; everything else is the server's own answer. What is in the blobs was put there with Microsoft's own client.
"""

import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from urllib.parse import quote
from uuid import uuid4

import httpx
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    ResourceTypes,
    generate_account_sas,
)

from tests.wire.connectors import azurite
from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.microsoft_login import CLIENT, FOREIGN, LOGIN, SECRET, TENANT, Login
from tests.wire.connectors.vendor import Vendor
from watchfloor.feeds.connectors.azure_blob.client import AzureBlob

ACCOUNT: Final = "logs4customer"
USUAL: Final = f"https://{ACCOUNT}.blob.core.windows.net"
_SUBSCRIPTION: Final = "7d0c6f3e-9a54-4e2b-8f10-2b9c55e0a7d1"
_BLOBS: Final = re.compile(rb"<Blobs>(.*)</Blobs>", re.DOTALL)
_BLOB: Final = re.compile(rb"<Blob>.*?</Blob>", re.DOTALL)

CONNECTOR: Final = AzureBlob(chunk=3_000)
"""As it is, but that a page is a few records."""


class AzureBlobVendor(Vendor):
    """Two containers: sign-ins, whose records have ids, and an activity log, whose records have none."""

    CONNECTOR = "tests.wire.connectors.azure_blob_vendor:CONNECTOR"
    STREAM = "logs"

    def __init__(self) -> None:
        super().__init__()
        name = uuid4().hex[:12]
        self.sign_ins, self.activity = f"insights-logs-signinlogs-{name}", f"insights-activity-logs-{name}"
        self.login = Login("https://storage.azure.com")
        self.server = Loopback(self._answer)
        self.service = BlobServiceClient(azurite.endpoint(), credential=azurite.KEY)
        self.error: tuple[int, str] | None = None
        self._client = httpx.AsyncClient(trust_env=False)
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        await asyncio.to_thread(self._create)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()
        await self._client.aclose()
        self.service.close()

    def given(self) -> Mapping[str, str]:
        return {
            "account": ACCOUNT,
            "containers": f"{self.sign_ins},{self.activity}",
            "accounts": f"{TENANT},{_SUBSCRIPTION}",
            "tenant_id": TENANT,
            "client_id": CLIENT,
            "client_secret": SECRET,
        }

    def signature(self, *, hours: float = 24) -> str:
        """A shared access signature of the whole account."""
        return generate_account_sas(
            azurite.ACCOUNT,
            azurite.KEY,
            ResourceTypes(container=True, object=True),
            AccountSasPermissions(read=True, list=True),
            expiry=datetime.now(UTC) + timedelta(hours=hours),
            start=datetime.now(UTC) - timedelta(days=2),
        )

    def stand_ins(self) -> Mapping[str, str]:
        return {USUAL: self.server.origin, LOGIN: self.server.origin}

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        at = datetime.now(UTC) - timedelta(minutes=100 if is_late else 0)
        names = [f"b{number}" for number in itertools.islice(self._numbers, count)]
        half = (count + 1) // 2
        first = b"".join(_line(sign_in(name, at, is_foreign=is_foreign)) for name in names[:half])
        await self.append(self.sign_ins, sign_in_blob(at, FOREIGN if is_foreign else TENANT), first)
        second = b"".join(_line(activity(name, at, is_foreign=is_foreign)) for name in names[half:])
        await self.append(self.activity, activity_blob(at), second)
        return names

    async def append(self, container: str, blob: str, content: bytes) -> None:
        """Another program appends to a blob, in two blocks: the first ends within a line."""
        if content:
            await asyncio.to_thread(self._append, container, blob, content)

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["correlationId"])

    def expire(self) -> None:
        self.login.expire()

    def revoke(self, *, is_back: bool = False) -> None:
        self.login.revoke(is_back=is_back)

    def _create(self) -> None:
        for name in (self.sign_ins, self.activity):
            self.service.create_container(name)  # pyright: ignore[reportUnknownMemberType]  # its own types are open

    def _append(self, container: str, blob: str, content: bytes) -> None:
        client = self.service.get_blob_client(container, blob)
        with contextlib.suppress(ResourceExistsError):
            client.create_append_blob(if_none_match="*")
        cut = len(content) - 20
        client.append_block(content[:cut])
        client.append_block(content[cut:])

    async def _answer(self, asked: Asked) -> Answer:
        token = self.login.answer(asked)
        if token is not None:
            return token
        refused = self._refused(asked)
        if refused is not None:
            return refused
        answer = await self._forward(asked)
        if "comp" not in asked.query:
            await self._interrupt()
        return answer

    def _refused(self, asked: Asked) -> Answer | None:
        if "x-ms-version" not in asked.headers:
            return fault("MissingRequiredHeader", 400)
        if "sig" not in asked.query and not self.login.lets_in(asked):
            return fault("InvalidAuthenticationInfo", 401)
        if self.error is not None:
            return fault(self.error[1], self.error[0])
        if self._throttled:
            self._throttled -= 1
            return fault("ServerBusy", 503, {"retry-after": "1"})
        return fault("AuthorizationPermissionMismatch", 403) if self._is_forbidden else None

    async def _forward(self, asked: Asked) -> Answer:
        query = dict(asked.query)
        if "sig" not in query:
            query |= dict(httpx.QueryParams(self.signature()))
        headers = {name: value for name, value in asked.headers.items() if name in ("x-ms-range", "x-ms-version")}
        url = httpx.URL(f"{azurite.endpoint()}{quote(asked.path)}", params=query)
        answer = await self._client.request(asked.method, url, headers=headers)
        body = answer.content
        if asked.query.get("comp") == "list" and answer.status_code == 200:
            body = self._relisted(body)
        kept = {name: value for name, value in answer.headers.items() if name.startswith("x-ms-")}
        kept["content-type"] = answer.headers.get("content-type", "application/octet-stream")
        return Answer(body, answer.status_code, kept)

    def _relisted(self, body: bytes) -> bytes:
        found = _BLOBS.search(body)
        if found is None:
            return body
        blobs = _BLOB.findall(found[1])
        rest = _BLOB.sub(b"", found[1])
        if self._repeats:
            blobs += blobs
        if self._disorders:
            blobs.reverse()
        return body[: found.start(1)] + b"".join(blobs) + rest + body[found.end(1) :]


def sign_in_blob(at: datetime, tenant: str = TENANT) -> str:
    """The name of the blob of an hour's sign-ins."""
    return f"tenantId={tenant}/y={at:%Y}/m={at:%m}/d={at:%d}/h={at:%H}/m=00/PT1H.json"


def activity_blob(at: datetime) -> str:
    """The name of the blob of what was done to a subscription's resources in an hour."""
    return f"resourceId=/SUBSCRIPTIONS/{_SUBSCRIPTION.upper()}/y={at:%Y}/m={at:%m}/d={at:%d}/h={at:%H}/m=00/PT1H.json"


def sign_in(name: str, at: datetime, *, is_foreign: bool = False) -> dict[str, object]:
    """A sign-in, as a diagnostic setting writes one."""
    tenant = FOREIGN if is_foreign else TENANT
    return {
        "time": at.isoformat(),
        "resourceId": f"/tenants/{tenant}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "category": "SignInLogs",
        "tenantId": tenant,
        "correlationId": name,
        "properties": {
            "id": f"id-{name}",
            "createdDateTime": at.isoformat(),
            "userPrincipalName": "ada@customer.example",
        },
    }


def activity(name: str, at: datetime, *, is_foreign: bool = False) -> dict[str, object]:
    """An operation on a resource, as a diagnostic setting writes one."""
    subscription = FOREIGN if is_foreign else _SUBSCRIPTION
    return {
        "time": at.isoformat(),
        "resourceId": f"/SUBSCRIPTIONS/{subscription.upper()}/RESOURCEGROUPS/WEB/PROVIDERS/MICROSOFT.COMPUTE/VM/WEB-1",
        "operationName": "MICROSOFT.COMPUTE/VIRTUALMACHINES/DELETE",
        "category": "Administrative",
        "resultType": "Success",
        "correlationId": name,
        "identity": {"claims": {"name": "Ada"}},
    }


def fault(code: str, status: int, headers: dict[str, str] | None = None) -> Answer:
    """An error, as Azure's storage writes one."""
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>Made up.</Message></Error>'
    return Answer(
        body.encode(), status, {"content-type": "application/xml", "x-ms-error-code": code, **(headers or {})}
    )


def _line(record: dict[str, object]) -> bytes:
    return json.dumps(record).encode() + b"\n"
