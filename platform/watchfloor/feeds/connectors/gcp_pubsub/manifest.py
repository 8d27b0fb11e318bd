"""What is said of the connector for Google Cloud, and what a customer tells it."""

from datetime import timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import Manifest, Setting, Stream
from watchfloor.feeds.connectors.google.account import KEY_PATTERN
from watchfloor.feeds.connectors.google.session import KEY_SETTING

MESSAGES: Final = "messages"
"""The one stream: the messages of the subscriptions. What is in them says for itself what it is."""

SUBSCRIPTIONS: Final = "subscriptions"
RESOURCES: Final = "resources"

_PROJECT: Final = r"([a-z][a-z0-9.-]{0,61}[a-z0-9]:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
_SUBSCRIPTION: Final = rf"projects/{_PROJECT}/subscriptions/[A-Za-z][A-Za-z0-9._~+-]{{2,254}}"
_RESOURCE: Final = (
    rf"projects/({_PROJECT}|[0-9]{{4,20}}|[a-z][a-z0-9-]{{2,28}}-\*)"
    r"|(organizations|folders)/[0-9]{4,20}|billingAccounts/[0-9A-F]{6}(-[0-9A-F]{6}){2}"
)


def _several(pattern: str) -> str:
    """A pattern for one value of a list as the pattern of the whole."""
    return rf"({pattern})(\s*,\s*({pattern}))*"


MANIFEST: Final = Manifest(
    name="gcp_pubsub",
    title="Google Cloud: audit logs and other messages of Pub/Sub",
    vendor="Google",
    settings=(
        Setting(
            name=SUBSCRIPTIONS,
            label="Subscriptions",
            help="Pull subscriptions made for Watchfloor alone: projects/PROJECT/subscriptions/NAME.",
            is_list=True,
            pattern=_several(_SUBSCRIPTION),
        ),
        Setting(
            name=RESOURCES,
            label="Projects, folders and organisations",
            help=(
                "Whose log entries are taken: projects/NAME, projects/PREFIX-*, folders/NUMBER, organizations/NUMBER, "
                "billingAccounts/ID. All others are counted, never stored."
            ),
            is_list=True,
            pattern=_several(_RESOURCE),
        ),
        Setting(
            name=KEY_SETTING,
            label="Service account key",
            help="The JSON file of a key of the service account that may read the subscriptions.",
            is_secret=True,
            pattern=KEY_PATTERN,
        ),
    ),
    streams=(
        Stream(
            name=MESSAGES,
            title="Messages of the subscriptions",
            source_hint=None,
            every=timedelta(seconds=10),
            lag=timedelta(minutes=5),
        ),
    ),
    tier="gold",
    why=(
        "Killed at random points against a server that hands messages out again when their time is over: nothing lost, "
        "none doubled. That server is our own, kept to Google's documentation; Google's has not been asked."
    ),
    page="connectors/gcp-pubsub.md",
)
