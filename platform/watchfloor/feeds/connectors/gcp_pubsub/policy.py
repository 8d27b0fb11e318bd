"""What a customer puts in place at Google Cloud: commands, with no more rights than the connector uses."""

from collections.abc import Mapping
from shlex import quote
from typing import Final

from watchfloor.feeds.connectors.connector import Policy
from watchfloor.feeds.connectors.gcp_pubsub.manifest import RESOURCES, SUBSCRIPTIONS

_AUDIT: Final = 'logName:"cloudaudit.googleapis.com"'
_ROLE: Final = "roles/pubsub.subscriber"


def policies(settings: Mapping[str, str]) -> list[Policy]:
    """The commands for the subscriptions and resources of these settings."""
    names = _values(settings, SUBSCRIPTIONS) or ["projects/PROJECT/subscriptions/watchfloor"]
    resources = _values(settings, RESOURCES) or ["projects/PROJECT"]
    made = [_account(names[0])]
    for name in names:
        made += [_subscription(name), _sinks(name, resources)]
    return [*made, _key(names[0])]


def _account(name: str) -> Policy:
    project = _parts(name)[0]
    text = (
        f"gcloud services enable pubsub.googleapis.com --project={quote(project)}\n"
        f"gcloud iam service-accounts create watchfloor-reader --project={quote(project)} \\\n"
        "  --display-name='Watchfloor reads its Pub/Sub subscription'\n"
    )
    return _text("Service account", text)


def _subscription(name: str) -> Policy:
    project, subscription = _parts(name)
    text = (
        f"gcloud pubsub topics create {quote(subscription)} --project={quote(project)}\n"
        f"gcloud pubsub subscriptions create {quote(subscription)} --project={quote(project)} \\\n"
        f"  --topic={quote(subscription)} --ack-deadline=60 --expiration-period=never \\\n"
        "  --message-retention-duration=7d --retain-acked-messages\n"
        f"gcloud pubsub subscriptions add-iam-policy-binding {quote(subscription)} --project={quote(project)} \\\n"
        f"  --member=serviceAccount:{_member(project)} --role={_ROLE}\n"
    )
    return _text(f"Topic and subscription {subscription}", text)


def _sinks(name: str, resources: list[str]) -> Policy:
    project, subscription = _parts(name)
    lines = [
        "# A sink for each organisation, folder, billing account or project. Nobody but the identity that a sink",
        "# writes as is let publish to the topic.",
    ]
    for resource in resources:
        if resource.endswith("*"):
            lines.append(f"# {resource}: covered by the sink of their folder or organisation.")
            continue
        flag = _flag(resource)
        children = " --include-children" if resource.startswith(("organizations/", "folders/")) else ""
        lines += [
            f"gcloud logging sinks create watchfloor {flag}{children} \\",
            f"  pubsub.googleapis.com/projects/{quote(project)}/topics/{quote(subscription)} \\",
            f"  --log-filter={quote(_AUDIT)}",
            f"gcloud pubsub topics add-iam-policy-binding {quote(subscription)} --project={quote(project)} \\",
            f"  --member=\"$(gcloud logging sinks describe watchfloor {flag} --format='value(writerIdentity)')\" \\",
            "  --role=roles/pubsub.publisher",
        ]
    return _text(f"Log sinks into {subscription}", "\n".join(lines) + "\n")


def _key(name: str) -> Policy:
    project = _parts(name)[0]
    text = (
        f"gcloud iam service-accounts keys create watchfloor-key.json --iam-account={_member(project)}\n"
        "# Give the file to `watchfloor connector add` or `rotate`, then delete it.\n"
    )
    return _text("Key of the service account", text)


def _text(title: str, text: str) -> Policy:
    return Policy(title=title, place="Cloud Shell, or any shell with gcloud", text=text, language="text")


def _member(project: str) -> str:
    domain, separator, name = project.partition(":")
    account = f"{name}.{domain}" if separator else project
    return quote(f"watchfloor-reader@{account}.iam.gserviceaccount.com")


def _flag(resource: str) -> str:
    kind, _, name = resource.partition("/")
    flags = {"organizations": "organization", "folders": "folder", "billingAccounts": "billing-account"}
    return f"--{flags.get(kind, 'project')}={quote(name)}"


def _parts(name: str) -> tuple[str, str]:
    """The project and the name of a subscription."""
    _, project, _, subscription = (*name.split("/"), "", "", "", "")[:4]
    return project or "PROJECT", subscription or "watchfloor"


def _values(settings: Mapping[str, str], name: str) -> list[str]:
    return [part for value in settings.get(name, "").split(",") if (part := value.strip())]
