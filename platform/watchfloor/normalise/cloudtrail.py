"""AWS CloudTrail: one record, as the trail, EventBridge, CloudWatch Logs and the event history write it.

Keeps the record's own nesting, because Sigma's cloudtrail rules name `userIdentity.type` and the like. Owns the
splitting of a trail's file into its records. Never raises anything but `ParseFailed`.
"""

import re
from typing import Final

import msgspec

from watchfloor.normalise.body import looks_like_object
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "aws.cloudtrail"
PARSER: Final = "aws.cloudtrail/1"
MAX_FILE_BYTES: Final = 64 * 1024 * 1024

LOGSOURCES: Final = (LogSource(product="aws", service="cloudtrail"),)
"""What its events belong to."""

_INSTANCE: Final = re.compile(r"i-[0-9a-f]{8,17}")


class _TrailFile(msgspec.Struct):
    """A trail's file in S3."""

    records: list[msgspec.Raw] = msgspec.field(name="Records")


def unwrap(fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """The record inside EventBridge's envelope, or `fields` itself."""
    detail = fields.get("detail")
    if isinstance(detail, dict) and "detail-type" in fields and is_cloudtrail(detail):
        return detail
    return fields


def is_cloudtrail(fields: dict[str, FieldValue]) -> bool:
    """Whether an object is a CloudTrail record."""
    return (
        isinstance(fields.get("eventSource"), str)
        and isinstance(fields.get("eventName"), str)
        and ("userIdentity" in fields or "eventVersion" in fields or "awsRegion" in fields)
    )


def parse_cloudtrail(fields: dict[str, FieldValue]) -> Parsed:
    """One record. Takes what is there: a record with missing or odd parts loses only what hangs on them."""
    event_id = as_text(fields.get("eventID"))
    # No record has it, and one of SigmaHQ's rules asks for it.
    fields.setdefault("status", "failure" if fields.get("errorCode") or _login_failed(fields) else "success")
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(fields.get("eventTime")),
        identity=("cloudtrail", event_id, as_text(fields.get("recipientAccountId"))) if event_id else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields),
        parser=PARSER,
    )


def split_records(body: bytes) -> list[bytes]:
    """The records of `body`, each exactly as its bytes stand there.

    Takes a trail's file (`{"Records": [...]}`), an array of records, and a single record.
    Raises ParseFailed: too_large, not_json, wrong_shape.
    """
    if len(body) > MAX_FILE_BYTES:
        raise ParseFailed(f"The file has {len(body)} bytes; the limit is {MAX_FILE_BYTES}.", reason="too_large")
    try:
        if not looks_like_object(body):
            return [bytes(record) for record in msgspec.json.decode(body, type=list[msgspec.Raw])]
        keys = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if "Records" not in keys:
            return [body]
        return [bytes(record) for record in msgspec.json.decode(body, type=_TrailFile).records]
    except msgspec.ValidationError:
        raise ParseFailed("This is JSON, but neither a CloudTrail file nor a record.", reason="wrong_shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ParseFailed("This is not valid JSON.", reason="not_json") from None


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    identity = as_object(fields.get("userIdentity"))
    session = as_object(identity.get("sessionContext"))
    issuer = as_object(session.get("sessionIssuer"))
    found.principal(identity.get("arn"))
    found.principal(issuer.get("arn"))
    if not identity.get("arn"):
        found.user(identity.get("userName"))
    session_name = as_text(identity.get("principalId")).partition(":")[2]
    if _INSTANCE.fullmatch(session_name):
        found.host(session_name)
    found.email(session_name)
    found.email(identity.get("userName"))
    found.ip(fields.get("sourceIPAddress"))
    for account in (identity.get("accountId"), fields.get("recipientAccountId")):
        found.account(account)
    return found.found()


def _summary(fields: dict[str, FieldValue]) -> str:
    service = as_text(fields.get("eventSource")).removesuffix(".amazonaws.com")
    outcome = "failed to call" if fields.get("errorCode") or _login_failed(fields) else "called"
    where = as_text(fields.get("sourceIPAddress")) or "an unknown address"
    region = as_text(fields.get("awsRegion"))
    return (
        f"{_actor(fields)} {outcome} {service} {as_text(fields.get('eventName'))}"
        f" from {where}{f' in {region}' if region else ''}"
    )


def _login_failed(fields: dict[str, FieldValue]) -> bool:
    return as_object(fields.get("responseElements")).get("ConsoleLogin") == "Failure"


def _actor(fields: dict[str, FieldValue]) -> str:
    identity = as_object(fields.get("userIdentity"))
    if identity.get("type") == "Root":
        return f"root of {as_text(identity.get('accountId'))}"
    arn = as_text(identity.get("arn"))
    return (
        as_text(identity.get("userName"))
        or arn.rpartition(":")[2]
        or as_text(identity.get("invokedBy"))
        or as_text(identity.get("principalId"))
        or "someone"
    )
