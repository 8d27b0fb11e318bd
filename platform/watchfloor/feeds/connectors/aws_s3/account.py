"""One customer's account at AWS: whose requests these are, and where they go.

Owns the credentials: keys of a user, or of a role taken with them and renewed well before they expire; and the
connections, each only to the origin that AWS has for a service in a region, or to the operator's stand-in for it.
Hosts come from regions and never from an answer.
"""

import asyncio
import contextlib
import re
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self, final
from urllib.parse import quote, urlencode, urlsplit

from watchfloor.feeds.connectors.aws_s3.faults import Fault, element, error_of, read_fault
from watchfloor.feeds.connectors.aws_s3.signing import Keys, Service, sign
from watchfloor.feeds.connectors.aws_s3.unpacking import OBJECT_BYTES
from watchfloor.feeds.connectors.connector import Expired, Malformed, Remote
from watchfloor.kernel.egress import Method, Outbound, Reply, StreamedReply
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.secret import Secret

SESSION_SECONDS: Final = 3_600
RENEW_BEFORE: Final = timedelta(minutes=10)
_MOST_ROLES: Final = 1_000
_API_SECONDS: Final = 45.0
_API_BYTES: Final = 32_000_000
_OBJECT_SECONDS: Final = 1_800.0
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}")
_QUEUE_REGION: Final = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/")
_SUFFIXES: Final = (".amazonaws.com", ".amazonaws.com.cn")


def region_of(queue_url: str) -> str:
    """The region of a queue. Raises Invalid when its URL names none."""
    found = _QUEUE_REGION.match(queue_url)
    if found is None or not _REGION.fullmatch(found[1]):
        raise Invalid("This is not the URL of a queue.", where="queue_urls")
    return found[1]


def is_region(text: str) -> bool:
    """Whether this has the form of a region's name."""
    return _REGION.fullmatch(text) is not None


def origin_for(service: Service, region: str) -> str:
    """Where AWS has a service in a region."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{suffix}"


@final
class Roles:
    """Roles that were taken, for as long as they are good: a turn of a stream takes seconds, a role an hour.

    A role is known by its name, its external id, which is one customer's own, and the very keys it was taken with.
    """

    def __init__(self) -> None:
        """None yet."""
        self._taken: OrderedDict[tuple[str, str, str], tuple[Secret, Keys]] = OrderedDict()

    def find(self, role: str, external_id: str, own: Keys) -> Keys | None:
        """The role's keys, if it was taken with these."""
        found = self._taken.get((role, external_id, own.access_key_id))
        return found[1] if found is not None and found[0] == own.secret else None

    def keep(self, role: str, external_id: str, own: Keys, taken: Keys | None) -> None:
        """Keeps the role's keys; None forgets them."""
        place = (role, external_id, own.access_key_id)
        self._taken.pop(place, None)
        if taken is not None:
            self._taken[place] = (own.secret, taken)
        while len(self._taken) > _MOST_ROLES:
            self._taken.popitem(last=False)


@final
class Account:
    """An open account, to be used as an asynchronous context manager."""

    def __init__(self, remote: Remote, roles: Roles) -> None:
        """The account as its settings name it; nothing is asked yet."""
        self.remote = remote
        self._roles = roles
        self._stack = contextlib.AsyncExitStack()
        self._outbounds: dict[tuple[Service, str, bool], Outbound] = {}
        self._taking = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def queues(self) -> tuple[str, ...]:
        """The customer's queues."""
        return self.remote.values("queue_urls")

    async def ask_queue(self, region: str, target: str, body: bytes) -> Reply:
        """An action of SQS. The answer may be a fault."""
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AmazonSQS.{target}"}
        return await self._request(
            "sqs", region, "POST", self._base("sqs", region) + "/", headers=headers, content=body
        )

    async def ask_bucket(self, region: str, bucket: str, query: Mapping[str, str]) -> Reply:
        """A GET on a bucket itself. The answer may be a fault."""
        url = f"{self._bucket_base(region, bucket)}/?{urlencode(sorted(query.items()), quote_via=quote)}"
        return await self._request("s3", region, "GET", url)

    @contextlib.asynccontextmanager
    async def object(
        self, region: str, bucket: str, key: str, *, headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator[StreamedReply]:
        """An object while it arrives; the answer may be a fault. Raises Malformed when its key fits into no URL."""
        if any(part in (".", "..") for part in key.split("/")):
            raise Malformed("The object's key has parts that would be read as ways through folders.", where="key")
        url = f"{self._bucket_base(region, bucket)}/{quote(key, safe='/~')}"
        keys = await self._current_keys()
        signed = sign("GET", url, service="s3", region=region, keys=keys, headers=headers or {}, content=b"")
        async with self._outbound("s3", region, is_large=True).stream("GET", url, headers=signed) as answer:
            yield answer

    async def take_role(self) -> None:
        """Takes the role now, if there is one. Raises Denied, Expired, Throttled, Unavailable."""
        self.forget_role()
        await self._current_keys()

    def forget_role(self) -> bool:
        """Has the role taken anew for the next request. Whether there is a role."""
        role = self.remote.settings.get("role_arn")
        if role:
            self._roles.keep(role, self.remote.settings.get("external_id", ""), self._own_keys(), None)
        return bool(role)

    async def _request(
        self,
        service: Service,
        region: str,
        method: Method,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Reply:
        is_last = False
        while True:
            keys = await self._current_keys()
            signed = sign(
                method, url, service=service, region=region, keys=keys, headers=headers or {}, content=content
            )
            reply = await self._outbound(service, region).request(method, url, headers=signed, content=content)
            if is_last or reply.status < 400 or not fault_in(reply).is_expired or not self.forget_role():
                return reply
            is_last = True

    async def _current_keys(self) -> Keys:
        own, role = self._own_keys(), self.remote.settings.get("role_arn")
        if not role:
            return own
        external_id = self.remote.settings.get("external_id", "")
        async with self._taking:
            keys = self._roles.find(role, external_id, own)
            if keys is None or keys.expires is None or keys.expires - RENEW_BEFORE <= self.remote.clock.now():
                keys = await self._take_role(own, role, external_id)
                self._roles.keep(role, external_id, own, keys)
            return keys

    def _own_keys(self) -> Keys:
        key_id, secret = self.remote.settings.get("access_key_id"), self.remote.secrets.get("secret_access_key")
        if not key_id or secret is None:
            raise Expired("There is no access key.", where="access_key_id", remedy="Give one to the connector.")
        return Keys(access_key_id=key_id, secret=secret)

    async def _take_role(self, own: Keys, role: str, external_id: str) -> Keys:
        region = region_of(self.queues[0])
        query = {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": role,
            "RoleSessionName": "watchfloor",
            "DurationSeconds": str(SESSION_SECONDS),
        }
        if external_id:
            query["ExternalId"] = external_id
        url, content = self._base("sts", region) + "/", urlencode(query).encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        signed = sign("POST", url, service="sts", region=region, keys=own, headers=form, content=content)
        reply = await self._outbound("sts", region).request("POST", url, headers=signed, content=content)
        if reply.status != 200:
            raise error_of(fault_in(reply), permission="sts:AssumeRole", place=role)
        return _keys_in(reply.body.decode("utf-8", "replace"))

    def _base(self, service: Service, region: str) -> str:
        return self.remote.origin(origin_for(service, region)).rstrip("/")

    def _bucket_base(self, region: str, bucket: str) -> str:
        """The bucket's own host, or its path where a stand-in or the certificate's one star allows no host of it."""
        origin = origin_for("s3", region)
        stand_in = self.remote.origin(origin)
        if stand_in != origin or "." in bucket:
            return f"{stand_in.rstrip('/')}/{bucket}"
        return origin.replace("https://", f"https://{bucket}.", 1)

    def _outbound(self, service: Service, region: str, *, is_large: bool = False) -> Outbound:
        place = (service, region, is_large)
        if place not in self._outbounds:
            host = urlsplit(self._base(service, region)).netloc
            below = (f"*.{host}",) if service == "s3" and host.endswith(_SUFFIXES) else ()
            destination = Destination(
                purpose="connector.aws_s3",
                hosts=(host, *below),
                deadline_seconds=_OBJECT_SECONDS if is_large else _API_SECONDS,
                max_bytes=OBJECT_BYTES if is_large else _API_BYTES,
            )
            self._outbounds[place] = self.remote.egress.open(destination)
            self._stack.push_async_exit(self._outbounds[place])
        return self._outbounds[place]


def fault_in(reply: Reply) -> Fault:
    """What an answer that is no success says."""
    return read_fault(reply.status, reply.body, reply.retry_after_seconds)


def _keys_in(answer: str) -> Keys:
    key_id, secret = element(answer, "AccessKeyId"), element(answer, "SecretAccessKey")
    token, expires = element(answer, "SessionToken"), element(answer, "Expiration")
    try:
        until = datetime.fromisoformat(expires or "")
    except ValueError:
        until = None
    if not (key_id and secret and token and until):
        raise Malformed("AWS's answer holds no credentials.", where="sts:AssumeRole")
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return Keys(access_key_id=key_id, secret=Secret(secret), token=Secret(token), expires=until)
