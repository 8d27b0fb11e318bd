"""Which Sigma log sources a Windows event belongs to.

The tables are the "Windows" part of Sigma's taxonomy (appendix of specification 2.1): a channel is a service, an event
number of Sysmon, PowerShell, Security and Defender is a category. An event may have several.
"""

from functools import lru_cache
from typing import Final

from watchfloor.normalise.event import LogSource

_SERVICES: Final[dict[str, str]] = {
    "application": "application",
    "security": "security",
    "system": "system",
    "dns server": "dns-server",
    "msexchange management": "msexchange-management",
    "openssh/operational": "openssh",
    "powershellcore/operational": "powershell",
    "windows powershell": "powershell-classic",
    "microsoft-iis-configuration/operational": "iis-configuration",
    "microsoft-servicebus-client/admin": "servicebus-client",
    "microsoft-servicebus-client/operational": "servicebus-client",
}
_MICROSOFT: Final[dict[str, str]] = {
    "appmodel-runtime/admin": "appmodel-runtime",
    "application-experience/program-compatibility-assistant": "application-experience",
    "application-experience/program-telemetry": "application-experience",
    "applocker/exe and dll": "applocker",
    "applocker/msi and script": "applocker",
    "applocker/packaged app-deployment": "applocker",
    "applocker/packaged app-execution": "applocker",
    "appxdeploymentserver/operational": "appxdeployment-server",
    "appxpackaging/operational": "appxpackaging-om",
    "bitlocker/bitlocker management": "bitlocker",
    "bits-client/operational": "bits-client",
    "capi2/operational": "capi2",
    "certificateservicesclient-lifecycle-system/operational": "certificateservicesclient-lifecycle-system",
    "codeintegrity/operational": "codeintegrity-operational",
    "dhcp-server/operational": "dhcp",
    "diagnosis-scripted/operational": "diagnosis-scripted",
    "dns client events/operational": "dns-client",
    "dns-client/operational": "dns-client",
    "dns-server/analytical": "dns-server-analytic",
    "dns-server/audit": "dns-server-audit",
    "driverframeworks-usermode/operational": "driver-framework",
    "hyper-v-worker": "hyper-v-worker",
    "kernel-eventtracing": "kernel-event-tracing",
    "kernel-shimengine/diagnostic": "kernel-shimengine",
    "kernel-shimengine/operational": "kernel-shimengine",
    "ldap-client/debug": "ldap",
    "lsa/operational": "lsa-server",
    "ntfs/operational": "ntfs",
    "ntlm/operational": "ntlm",
    "powershell/operational": "powershell",
    "printservice/admin": "printservice-admin",
    "printservice/operational": "printservice-operational",
    "security-mitigations/kernel mode": "security-mitigations",
    "security-mitigations/user mode": "security-mitigations",
    "sense/operational": "sense",
    "shell-core/operational": "shell-core",
    "smbclient/connectivity": "smbclient-connectivity",
    "smbclient/security": "smbclient-security",
    "smbserver/connectivity": "smbserver-connectivity",
    "sysmon/operational": "sysmon",
    "taskscheduler/operational": "taskscheduler",
    "terminalservices-localsessionmanager/operational": "terminalservices-localsessionmanager",
    "vhdmp/operational": "vhdmp",
    "windows defender/operational": "windefend",
    "windows firewall with advanced security/firewall": "firewall-as",
    "wmi-activity/operational": "wmi",
}
_DEFENDER_DETECTIONS: Final = (1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116)
_CATEGORIES: Final[dict[tuple[str, int], tuple[str, ...]]] = {
    ("sysmon", 1): ("process_creation",),
    ("sysmon", 2): ("file_change",),
    ("sysmon", 3): ("network_connection",),
    ("sysmon", 4): ("sysmon_status",),
    ("sysmon", 5): ("process_termination",),
    ("sysmon", 6): ("driver_load",),
    ("sysmon", 7): ("image_load",),
    ("sysmon", 8): ("create_remote_thread",),
    ("sysmon", 9): ("raw_access_thread",),
    ("sysmon", 10): ("process_access",),
    ("sysmon", 11): ("file_event",),
    ("sysmon", 12): ("registry_event",),
    ("sysmon", 13): ("registry_event", "registry_set"),
    ("sysmon", 14): ("registry_event", "registry_rename"),
    ("sysmon", 15): ("create_stream_hash",),
    ("sysmon", 16): ("sysmon_status",),
    ("sysmon", 17): ("pipe_created",),
    ("sysmon", 18): ("pipe_created",),
    ("sysmon", 19): ("wmi_event",),
    ("sysmon", 20): ("wmi_event",),
    ("sysmon", 21): ("wmi_event",),
    ("sysmon", 22): ("dns_query",),
    ("sysmon", 23): ("file_delete",),
    ("sysmon", 24): ("clipboard_change",),
    ("sysmon", 25): ("process_tampering",),
    ("sysmon", 26): ("file_delete_detected",),
    ("sysmon", 27): ("file_block_executable",),
    ("sysmon", 28): ("file_block_shredding",),
    ("sysmon", 29): ("file_executable_detected",),
    ("sysmon", 255): ("sysmon_error",),
    ("security", 4688): ("process_creation",),
    ("security", 4657): ("registry_event",),
    ("powershell", 4103): ("ps_module",),
    ("powershell", 4104): ("ps_script",),
    ("powershell-classic", 400): ("ps_classic_start",),
    ("powershell-classic", 600): ("ps_classic_provider_start",),
    ("powershell-classic", 800): ("ps_classic_script",),
    **{("windefend", event_id): ("antivirus",) for event_id in _DEFENDER_DETECTIONS},
}
_REGISTRY_KEY_ACTIONS: Final[dict[str, str]] = {
    "createkey": "registry_add",
    "deletekey": "registry_delete",
    "deletevalue": "registry_delete",
}

LOGSOURCES: Final[tuple[LogSource, ...]] = tuple(
    sorted(
        {
            LogSource(product="windows"),
            *(LogSource(product="windows", service=service) for service in (*_SERVICES.values(), *_MICROSOFT.values())),
            *(
                LogSource(product="windows", category=category, service=service)
                for (service, _), categories in _CATEGORIES.items()
                for category in categories
            ),
            *(
                LogSource(product="windows", category=category, service="sysmon")
                for category in _REGISTRY_KEY_ACTIONS.values()
            ),
        },
        key=str,
    )
)
"""All that events of Windows can belong to."""


def event_logsources() -> dict[tuple[LogSource, ...], frozenset[int] | None]:
    """What `logsources_of` can give, and for which event numbers; None: for any."""
    found: dict[tuple[LogSource, ...], frozenset[int] | None] = {
        (LogSource(product="windows", service=service),): None
        for service in (None, *_SERVICES.values(), *_MICROSOFT.values())
    }
    keys = [("sysmon", 12, action) for action in _REGISTRY_KEY_ACTIONS]
    for service, number, action in [*((service, number, "") for service, number in _CATEGORIES), *keys]:
        logsources = logsources_of(service, number, action)
        found[logsources] = (found.get(logsources) or frozenset()) | {number}
    return found


def service_of(channel: str) -> str | None:
    """Sigma's service for a channel, in any letter case; None for a channel that Sigma has no word for."""
    name = channel.strip().lower()
    return _SERVICES.get(name) or _MICROSOFT.get(name.removeprefix("microsoft-windows-"))


@lru_cache(maxsize=4_096)
def logsources_of(service: str | None, event_id: int, event_type: str) -> tuple[LogSource, ...]:
    """All log sources of an event. `event_type` is Sysmon's `EventType` in lower case, or nothing."""
    categories = _CATEGORIES.get((service, event_id), ()) if service is not None else ()
    if service == "sysmon" and event_id == 12 and event_type in _REGISTRY_KEY_ACTIONS:
        categories = (*categories, _REGISTRY_KEY_ACTIONS[event_type])
    if not categories:
        return (LogSource(product="windows", service=service),)
    return tuple(LogSource(product="windows", category=category, service=service) for category in categories)
