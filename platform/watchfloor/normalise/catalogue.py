"""Which of Sigma's log sources our parsers can make: the one list, put together from what each parser declares.

A parser's module says in `LOGSOURCES` what its events can belong to. Whether such events really come in is another
question, which the ledger of each tenant's feeds answers.
"""

from collections.abc import Mapping
from typing import Final

from watchfloor.normalise import cloudtrail, rows
from watchfloor.normalise.cloud import (
    aws_findings,
    azure_activity,
    defender,
    entra_audit,
    entra_risk,
    entra_signin,
    gcp,
    github,
    kubernetes,
    load_balancer,
    m365,
    okta,
    vpc_flow,
    wazuh,
    workspace,
)
from watchfloor.normalise.event import LogSource
from watchfloor.normalise.linux import auditd, cron, osquery, sshd, sudo, syslog, sysmon
from watchfloor.normalise.network import cef, cisco, firewalls, keyvalue, paloalto, suricata, zeek
from watchfloor.normalise.web import access_log, cloudflare, modsecurity, w3c
from watchfloor.normalise.windows import logsources as windows

SOURCES: Final[Mapping[str, tuple[LogSource, ...]]] = {
    "windows": windows.LOGSOURCES,
    cloudtrail.SOURCE: cloudtrail.LOGSOURCES,
    **aws_findings.SOURCES,
    load_balancer.SOURCE: load_balancer.LOGSOURCES,
    vpc_flow.SOURCE: vpc_flow.LOGSOURCES,
    azure_activity.SOURCE: azure_activity.LOGSOURCES,
    entra_audit.SOURCE: entra_audit.LOGSOURCES,
    entra_risk.SOURCE: entra_risk.LOGSOURCES,
    entra_signin.SOURCE: entra_signin.LOGSOURCES,
    m365.SOURCE: m365.LOGSOURCES,
    defender.SOURCE: defender.LOGSOURCES,
    gcp.SOURCE: gcp.LOGSOURCES,
    workspace.SOURCE: workspace.LOGSOURCES,
    github.SOURCE: github.LOGSOURCES,
    kubernetes.SOURCE: kubernetes.LOGSOURCES,
    okta.SOURCE: okta.LOGSOURCES,
    wazuh.SOURCE: wazuh.LOGSOURCES,
    auditd.SOURCE: auditd.LOGSOURCES,
    sysmon.SOURCE: sysmon.LOGSOURCES,
    osquery.SOURCE: osquery.LOGSOURCES,
    osquery.STATUS: osquery.STATUS_LOGSOURCES,
    sshd.SOURCE: sshd.LOGSOURCES,
    sudo.SOURCE: sudo.LOGSOURCES,
    cron.SOURCE: cron.LOGSOURCES,
    syslog.SOURCE: syslog.LOGSOURCES,
    **suricata.SOURCES,
    **zeek.SOURCES,
    **cef.SOURCES,
    **keyvalue.SOURCES,
    **firewalls.SOURCES,
    **paloalto.SOURCES,
    cisco.SOURCE: cisco.LOGSOURCES,
    access_log.SOURCE: access_log.LOGSOURCES,
    modsecurity.SOURCE: modsecurity.LOGSOURCES,
    **cloudflare.SOURCES,
    **w3c.SOURCES,
    **rows.SOURCES,
}
"""The log sources of each kind of log, by `Event.source`; those of Windows, which depend on the channel, together."""

LOGSOURCES: Final = frozenset(logsource for listed in SOURCES.values() for logsource in listed)
"""All log sources that an event can belong to."""
