"""Pub/Sub on the loopback: subscriptions whose messages are handed out again when their time is over."""

import base64
import itertools
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self, cast

from tests.wire.connectors.google_vendor import claims_of, failure, key_file
from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.vendor import Vendor

ORIGIN: Final = "https://pubsub.googleapis.com"
SUBSCRIPTION: Final = "projects/acme-security/subscriptions/watchfloor"
PROJECT: Final = "acme-prod"
LOG: Final = "cloudaudit.googleapis.com%2Factivity"
PAGE: Final = 10
CONSUME: Final = "pubsub.subscriptions.consume"
_REQUEST_BYTES: Final = 524_288
_PATH: Final = re.compile(r"/v1/(projects/[^/:]+/subscriptions/[^/:]+):(\w+)")


@dataclass
class Held:
    """A message, who holds it and until when."""

    content: dict[str, object]
    ack_id: str = ""
    until: float = 0.0
    deliveries: int = 0
    acks_left: int = 1


@dataclass
class Subscription:
    """A subscription with its messages."""

    messages: list[Held] = field(default_factory=list[Held])
    is_push: bool = False


def entry(number: int, *, project: str = PROJECT, at: datetime | None = None, **more: object) -> dict[str, object]:
    """A log entry of an administrator's action."""
    moment = at or datetime.now(UTC)
    return {
        "logName": f"projects/{project}/logs/{LOG}",
        "insertId": f"i{number}",
        "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S.%f}789Z",
        "receiveTimestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
        "severity": "NOTICE",
        "resource": {"type": "project", "labels": {"project_id": project}},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "iam.googleapis.com",
            "methodName": "google.iam.admin.v1.CreateServiceAccountKey",
            "resourceName": f"projects/-/serviceAccounts/{number}",
            "authenticationInfo": {"principalEmail": "eve@acme.example"},
            "requestMetadata": {"callerIp": "203.0.113.7"},
        },
        **more,
    }


class GcpPubsubVendor(Vendor):
    """One subscription, or several. `deadline_seconds` is how long a message may be held without a word."""

    CONNECTOR = "watchfloor.feeds.connectors.gcp_pubsub.client:CONNECTOR"
    STREAM = "messages"

    def __init__(self, *, deadline_seconds: float = 0.4) -> None:
        super().__init__()
        self.server = Loopback(self._answer)
        self.deadline_seconds = deadline_seconds
        self.subscriptions = {SUBSCRIPTION: Subscription()}
        self.asked: list[tuple[str, str, dict[str, object]]] = []
        self.is_permitted = True
        self.empty_answers = 0
        self._numbers = itertools.count(1)
        self._ids = itertools.count(1)
        self._failures: list[Answer] = []
        self._is_expired = self._is_revoked = False

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    def given(self) -> Mapping[str, str]:
        return {
            "subscriptions": ", ".join(self.subscriptions),
            "resources": f"projects/{PROJECT}, organizations/424242424242",
            "service_account_key": key_file(),
        }

    def stand_ins(self) -> Mapping[str, str]:
        return {ORIGIN: self.server.origin}

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        at = datetime.now(UTC) - timedelta(hours=3 if is_late else 0)
        numbers = list(itertools.islice(self._numbers, count))
        for number in numbers:
            self.publish(entry(number, project="somebody-else" if is_foreign else PROJECT, at=at))
        return [f"i{number}" for number in numbers]

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["insertId"])

    def publish(
        self, content: object, *, subscription: str = SUBSCRIPTION, attributes: dict[str, str] | None = None
    ) -> str:
        """A message comes; gives its number. Content that is no bytes is written as JSON."""
        number = str(next(self._ids))
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        message: dict[str, object] = {
            "messageId": number,
            "publishTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
            "data": base64.b64encode(data).decode(),
        }
        if attributes:
            message["attributes"] = attributes
        self.put(message, subscription=subscription)
        return number

    def put(self, message: dict[str, object], *, subscription: str = SUBSCRIPTION) -> None:
        """A message as it is."""
        held = Held(message, acks_left=2 if self._repeats else 1)
        self.subscriptions[subscription].messages.append(held)

    def throttle(self, times: int) -> None:
        self.fail(
            *[
                failure(
                    429,
                    "RESOURCE_EXHAUSTED",
                    "Quota exceeded.",
                    reason="rateLimitExceeded",
                    headers={"retry-after": "1"},
                )
                for _ in range(times)
            ]
        )

    def fail(self, *answers: Answer) -> None:
        """So the next requests for messages are answered."""
        self._failures += answers

    def expire(self) -> None:
        self._is_expired = True

    def revoke(self, *, is_back: bool = False) -> None:
        self._is_revoked = not is_back

    async def unsettled(self) -> int:
        return sum(len(one.messages) for one in self.subscriptions.values())

    async def _answer(self, asked: Asked) -> Answer:
        found = _PATH.fullmatch(asked.path)
        if asked.method != "POST" or found is None:
            return failure(404, "NOT_FOUND", "Not found.")
        name, action = found.groups()
        if not self._is_signed(asked):
            return failure(
                401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", reason="authError"
            )
        body = json.loads(asked.body)
        self.asked.append((name, action, body))
        if action == "testIamPermissions":
            has = self.is_permitted and name in self.subscriptions
            return Answer({"permissions": body["permissions"]} if has else {})
        return self._refusal(name, action) or await self._act(action, self.subscriptions[name], asked, body)

    def _refusal(self, name: str, action: str) -> Answer | None:
        if self._failures and action == "pull":
            return self._failures.pop(0)
        if self._is_forbidden:
            text = f"User not authorized to perform this action on {name}."
            return failure(403, "PERMISSION_DENIED", text, reason="forbidden")
        if name not in self.subscriptions:
            return failure(404, "NOT_FOUND", f"Resource not found (resource={name}).", reason="notFound")
        return None

    async def _act(self, action: str, subscription: Subscription, asked: Asked, body: dict[str, object]) -> Answer:
        if len(asked.body) > _REQUEST_BYTES:
            return failure(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 524288 bytes.")
        if action == "pull":
            return await self._pull(subscription, body)
        numbers = cast("list[str]", body.get("ackIds", []))
        if not numbers or len(numbers) != len(set(numbers)):
            return failure(400, "INVALID_ARGUMENT", "You must specify ackIds.")
        found = [one for one in subscription.messages if one.ack_id in numbers and one.until > time.monotonic()]
        if action == "acknowledge":
            self._acknowledge(subscription, found)
            return Answer({})
        seconds = body.get("ackDeadlineSeconds")
        if action != "modifyAckDeadline" or not isinstance(seconds, int) or not 0 <= seconds <= 600:
            return failure(400, "INVALID_ARGUMENT", "Invalid ack deadline.")
        for one in found:
            one.until = time.monotonic() + seconds if seconds else 0.0
        return Answer({})

    async def _pull(self, subscription: Subscription, body: dict[str, object]) -> Answer:
        most = body.get("maxMessages")
        if not isinstance(most, int) or not 1 <= most <= 1_000:
            return failure(400, "INVALID_ARGUMENT", "Invalid max_messages.")
        if subscription.is_push:
            return failure(400, "FAILED_PRECONDITION", "This method is not supported for this subscription type.")
        if self.empty_answers:
            self.empty_answers -= 1
            return Answer({})
        now = time.monotonic()
        free = [one for one in subscription.messages if one.until <= now]
        if self._disorders:
            random.shuffle(free)
        given = free[: min(most, PAGE)]
        for one in given:
            one.ack_id = f"ack-{next(self._ids)}-{random.getrandbits(256):064x}"
            one.until = now + self.deadline_seconds
            one.deliveries += 1
        received = [{"ackId": one.ack_id, "message": one.content, "deliveryAttempt": one.deliveries} for one in given]
        await self._interrupt()
        return Answer({"receivedMessages": received} if received else {})

    def _acknowledge(self, subscription: Subscription, found: list[Held]) -> None:
        """At least once: what is to be repeated is handed out a second time after it was acknowledged."""
        for one in found:
            one.acks_left -= 1
            one.until = 0.0
        subscription.messages = [one for one in subscription.messages if one.acks_left > 0]

    def _is_signed(self, asked: Asked) -> bool:
        if self._is_expired:
            self._is_expired = False
            return False
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        claims = claims_of(token, now=time.time()) if scheme == "Bearer" else None
        is_ours = claims is not None and claims.get("aud") == f"{ORIGIN}/" and claims.get("sub") == claims.get("iss")
        return is_ours and not self._is_revoked
