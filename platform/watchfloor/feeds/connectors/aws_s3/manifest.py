"""What is said of the connector for Amazon S3, and what a customer tells it."""

from datetime import timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import Manifest, Setting, Stream

OBJECTS: Final = "objects"
"""The one stream: objects in S3, announced by the queues. What is in them says for itself what it is."""

_QUEUE: Final = r"https://sqs\.[a-z0-9-]{4,30}\.amazonaws\.com(\.cn)?/[0-9]{12}/[A-Za-z0-9_-]{1,80}(\.fifo)?"
_BUCKET: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^,\s]{1,500})?"
_ROLE: Final = r"arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}"
_PRINCIPAL: Final = r"arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:(root|(role|user)/[\w+=,.@/-]{1,512})"


def _several(pattern: str) -> str:
    """A pattern for one value of a list as the pattern of the whole."""
    return rf"\s*{pattern}\s*(,\s*{pattern}\s*)*"


MANIFEST: Final = Manifest(
    name="aws_s3",
    title="AWS: CloudTrail, GuardDuty, VPC flow logs and other objects in S3",
    vendor="Amazon Web Services",
    settings=(
        Setting(
            name="queue_urls",
            label="Queues",
            help="The SQS queues to which the buckets announce new objects.",
            is_list=True,
            pattern=_several(_QUEUE),
        ),
        Setting(
            name="buckets",
            label="Buckets",
            help="The buckets that are read, each with a prefix if only a part of it is: logs-1/trail.",
            is_list=True,
            pattern=_several(_BUCKET),
        ),
        Setting(
            name="accounts",
            label="Accounts",
            help="The 12-digit numbers of the accounts whose records are taken; all others are counted, never stored.",
            is_list=True,
            pattern=_several(r"[0-9]{12}"),
        ),
        Setting(
            name="role_arn",
            label="Role",
            help="The role in the customer's account that may read queue and buckets; none if a user reads by himself.",
            is_required=False,
            pattern=_ROLE,
        ),
        Setting(
            name="external_id",
            label="External id",
            help="Made by Watchfloor for this customer; the role's trust policy asks for it.",
            is_required=False,
            pattern=r"[\w+=,.@:/-]{2,1224}",
        ),
        Setting(
            name="principal_arn",
            label="Who takes the role",
            help="The user or role of your own whose keys stand below; the printed trust policy names it.",
            is_required=False,
            pattern=_PRINCIPAL,
        ),
        Setting(
            name="access_key_id",
            label="Access key id",
            help="Of the user who takes the role; without a role, of the user who reads by himself.",
            pattern=r"[A-Z0-9]{16,128}",
        ),
        Setting(name="secret_access_key", label="Secret access key", is_secret=True),
    ),
    streams=(
        Stream(
            name=OBJECTS,
            title="Objects announced by the queues",
            source_hint=None,
            every=timedelta(seconds=1),
            lag=timedelta(minutes=20),
        ),
    ),
    tier="gold",
    why="Killed at random points against S3, SQS, SNS and STS of a server that is not ours: none lost, none doubled.",
    page="connectors/aws-s3.md",
)
