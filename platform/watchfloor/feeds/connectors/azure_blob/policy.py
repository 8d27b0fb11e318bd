"""What a customer puts in place for Azure Blob storage: the least that the connector needs."""

from collections.abc import Mapping
from typing import Final

from watchfloor.feeds.connectors.connector import Policy

_ROLE: Final = """\
account="$(az storage account show --name {account} --query id --output tsv)"
az role assignment create --role "Storage Blob Data Reader" --assignee {client} \\
  --scope "$account/blobServices/default/containers/{container}"
"""
_ONE_SAS: Final = """\
az storage container policy create --account-name {account} --container-name {container} \\
  --name watchfloor --permissions rl --expiry "$(date -u -d '+1 year' +%Y-%m-%dT%H:%MZ)"
az storage container generate-sas --account-name {account} --name {container} \\
  --policy-name watchfloor --https-only --output tsv
"""
_SEVERAL_SAS: Final = """\
az storage account generate-sas --account-name {account} --services b --resource-types co --permissions rl \\
  --expiry "$(date -u -d '+1 year' +%Y-%m-%dT%H:%MZ)" --https-only --output tsv
"""
_SETTING: Final = """\
Entra ID, Monitoring & health, Diagnostic settings, Add: choose the logs, then Archive to a storage account: {account}.
Azure subscriptions: Monitor, Activity log, Export activity logs, Add: the same.

A storage account of its own is best, with a lifecycle rule that deletes blobs after some days; 30 leave time for a
backfill.
"""


def policies_for(settings: Mapping[str, str]) -> list[Policy]:
    """The documents for these settings, in the order in which they are put in place."""
    account = settings.get("account", "ACCOUNT")
    places = [part.strip() for part in settings.get("containers", "CONTAINER").split(",") if part.strip()]
    containers = sorted({place.partition("/")[0] for place in places})
    client = settings.get("client_id", "CLIENT_ID")
    roles = "\n".join(_ROLE.format(account=account, container=one, client=client) for one in containers)
    sas = _ONE_SAS if len(containers) == 1 else _SEVERAL_SAS
    shell = "A shell with the Azure CLI"
    return [
        Policy(title="Have the logs written", place="Portal", text=_SETTING.format(account=account), language="text"),
        Policy(title="Let the application read the containers", place=shell, text=roles, language="text"),
        Policy(
            title="Or, without an application: a shared access signature",
            place=shell,
            text=sas.format(account=account, container=containers[0]),
            language="text",
        ),
    ]
