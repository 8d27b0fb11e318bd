"""The documents that a customer puts in place: the least that the connector needs.

Owns their text. A name that the settings do not say yet stands in them as a word in capitals.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Policy

_VERSION: Final = "2012-10-17"
_READ_QUEUE: Final = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
)

_Json = Mapping[str, object]


def policies_for(settings: Mapping[str, str]) -> list[Policy]:
    """The documents for these settings, in the order in which they are put in place."""
    queues = [_queue_arn(url) for url in _values(settings, "queue_urls")] or ["arn:aws:sqs:REGION:ACCOUNT:QUEUE"]
    places = [one.partition("/") for one in _values(settings, "buckets")] or [("BUCKET", "", "")]
    partition = queues[0].split(":")[1]
    buckets = sorted({bucket for bucket, _, _ in places})
    found = [
        Policy(
            title="Who may take the role",
            place="IAM, the role, Trust relationships",
            text=_text(_trust(settings)),
        ),
        Policy(
            title="What the role may do",
            place="IAM, the role, Permissions, Create inline policy",
            text=_text(_permissions(partition, queues, places)),
        ),
        Policy(
            title="Only for a backfill: what the role may do besides",
            place="IAM, the role, Permissions, Create inline policy; it may be taken away afterwards",
            text=_text(_listing(partition, buckets)),
        ),
    ]
    if not settings.get("role_arn") and settings.get("access_key_id"):
        found = found[1:]  # a user reads by himself
    for queue in queues:
        found.append(
            Policy(
                title=f"Who may write to the queue {queue.rpartition(':')[2]}",
                place="SQS, the queue, Access policy",
                text=_text(_queue(partition, queue, buckets)),
            )
        )
    for bucket, _, prefix in places:
        found.append(
            Policy(
                title=f"The bucket {bucket} announces new objects",
                place=f"aws s3api put-bucket-notification-configuration --bucket {bucket}"
                " --notification-configuration file://notification.json"
                " (it replaces what is there: add it to that)",
                text=_text(_notification(queues[0], prefix)),
            )
        )
    return found


def _trust(settings: Mapping[str, str]) -> _Json:
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": settings.get("principal_arn") or "ARN-OF-THE-USER-WHOSE-KEYS-WATCHFLOOR-HAS"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": settings.get("external_id") or "EXTERNAL-ID"}},
        }
    )


def _permissions(partition: str, queues: Sequence[str], places: Sequence[tuple[str, str, str]]) -> _Json:
    return _document(
        {"Sid": "ReadQueue", "Effect": "Allow", "Action": list(_READ_QUEUE), "Resource": list(queues)},
        {
            "Sid": "ReadObjects",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": [f"arn:{partition}:s3:::{bucket}/{prefix}*" for bucket, _, prefix in places],
        },
        {
            "Sid": "OpenObjects",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringLike": {"kms:ViaService": ["s3.*.amazonaws.com", "sqs.*.amazonaws.com"]}},
        },
    )


def _listing(partition: str, buckets: Sequence[str]) -> _Json:
    resources = [f"arn:{partition}:s3:::{bucket}" for bucket in buckets]
    return _document({"Sid": "ListBuckets", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": resources})


def _queue(partition: str, queue: str, buckets: Sequence[str]) -> _Json:
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {
                "ArnEquals": {"aws:SourceArn": [f"arn:{partition}:s3:::{bucket}" for bucket in buckets]},
                "StringEquals": {"aws:SourceAccount": "ACCOUNT-OF-THE-BUCKET"},
            },
        }
    )


def _notification(queue: str, prefix: str) -> _Json:
    made: dict[str, object] = {"Id": "watchfloor", "QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}
    if prefix:
        made["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
    return {"QueueConfigurations": [made]}


def _document(*statements: _Json) -> _Json:
    return {"Version": _VERSION, "Statement": list(statements)}


def _queue_arn(url: str) -> str:
    host, _, path = url.removeprefix("https://").partition("/")
    account, _, name = path.partition("/")
    region = host.split(".")[1] if host.count(".") >= 2 else "REGION"
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:sqs:{region}:{account}:{name}"


def _values(settings: Mapping[str, str], name: str) -> list[str]:
    return [part for value in settings.get(name, "").split(",") if (part := value.strip())]


def _text(document: _Json) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
