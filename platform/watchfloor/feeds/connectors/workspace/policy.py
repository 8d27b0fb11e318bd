"""What a customer puts in place at Google: a service account, one scope, and a role with one privilege."""

from collections.abc import Mapping
from typing import Final

from watchfloor.feeds.connectors.connector import Policy
from watchfloor.feeds.connectors.workspace.manifest import ADMIN, SCOPE

_ACCOUNT: Final = """\
gcloud services enable admin.googleapis.com --project=PROJECT
gcloud iam service-accounts create watchfloor-reports --project=PROJECT --display-name='Watchfloor reads audit logs'
# No role in the project is needed. This number is the client id for the next step:
gcloud iam service-accounts describe watchfloor-reports@PROJECT.iam.gserviceaccount.com --format='value(uniqueId)'
gcloud iam service-accounts keys create watchfloor-key.json \\
  --iam-account=watchfloor-reports@PROJECT.iam.gserviceaccount.com
# Give the file to `watchfloor connector add` or `rotate`, then delete it.
"""


def policies(settings: Mapping[str, str]) -> list[Policy]:
    """The steps, in their order."""
    admin = settings.get(ADMIN, "").strip() or "an account of its own, such as watchfloor@your-domain"
    delegation = f"Client ID: the number from the step before\nOAuth scopes: {SCOPE}\n"
    role = (
        "Name: Watchfloor reports\n"
        "Privileges: Admin console privileges > Reports. Nothing else.\n"
        f"Assign it to: {admin}\n"
        "No licence with Gmail or Drive is needed for that account (Cloud Identity Free will do).\n"
    )
    return [
        Policy(title="Service account", place="Cloud Shell, or any shell with gcloud", text=_ACCOUNT, language="text"),
        Policy(
            title="Domain-wide delegation",
            place="Admin console > Security > Access and data control > API controls > Manage domain-wide delegation",
            text=delegation,
            language="text",
        ),
        Policy(
            title="Role for the administrator that it reads as",
            place="Admin console > Account > Admin roles > Create new role",
            text=role,
            language="text",
        ),
    ]
