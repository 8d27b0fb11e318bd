"""Where each source says what the envelope asks for. Only data: the first path that has a value counts.

A source's own paths come before those that many share. Names are Sigma's where a parser adds them.
"""

from functools import lru_cache
from typing import Final

import msgspec


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """Paths by field of the envelope."""

    action: tuple[str, ...] = ("action", "Action", "act", "eventName", "Operation")
    host_id: tuple[str, ...] = ()
    user: tuple[str, ...] = ("User", "user", "UserId", "srcuser", "suser", "cs-username", "username")
    user_realm: tuple[str, ...] = ()
    user_id: tuple[str, ...] = ()
    src_ip: tuple[str, ...] = ("src_ip", "SourceIp", "c-ip", "IpAddress", "client_ip")
    src_port: tuple[str, ...] = ("src_port", "SourcePort", "IpPort")
    dst_ip: tuple[str, ...] = ("dst_ip", "DestinationIp")
    dst_port: tuple[str, ...] = ("dst_port", "DestinationPort")
    domain: tuple[str, ...] = (
        "QueryName",
        "query",
        "DestinationHostname",
        "server_name",
        "tls.sni",
        "cs-host",
        "r-dns",
    )
    url: tuple[str, ...] = ("c-uri", "url")
    process_path: tuple[str, ...] = ("Image", "ProcessName", "exe")
    process_pid: tuple[str, ...] = ("ProcessId", "pid")
    command_line: tuple[str, ...] = ("CommandLine",)
    parent_path: tuple[str, ...] = ("ParentImage",)
    parent_pid: tuple[str, ...] = ("ParentProcessId", "ppid")
    file_path: tuple[str, ...] = ("TargetFilename",)


_WINDOWS: Final = Paths(
    action=("EventType",),
    user=("User", "SubjectUserName", "TargetUserName", "SourceUser"),
    user_realm=("SubjectDomainName", "TargetDomainName"),
    user_id=("SubjectUserSid", "TargetUserSid", "Security_UserID"),
    src_ip=("SourceIp", "IpAddress", "ClientAddress", "SourceAddress"),
    dst_ip=("DestinationIp", "DestAddress"),
    dst_port=("DestinationPort", "DestPort"),
    file_path=("TargetFilename", "ImageLoaded", "Path"),
)
_LOGON: Final = msgspec.structs.replace(
    _WINDOWS,
    user=("TargetUserName", "SubjectUserName", "User"),
    user_realm=("TargetDomainName", "SubjectDomainName"),
    user_id=("TargetUserSid", "SubjectUserSid"),
)
_AZURE: Final = Paths(
    action=("operationName", "activityDisplayName", "OperationNameValue", "riskEventType"),
    host_id=("deviceDetail.deviceId",),
    user=(
        "userPrincipalName",
        "initiatedBy.user.userPrincipalName",
        "Caller",
        "servicePrincipalName",
        "appDisplayName",
    ),
    user_id=("userId", "initiatedBy.user.id", "servicePrincipalId"),
    src_ip=("ipAddress", "initiatedBy.user.ipAddress", "CallerIpAddress"),
)
_BY_SOURCE: Final[dict[str, Paths]] = {
    "windows": _WINDOWS,
    "windows.security": _LOGON,
    "aws.cloudtrail": Paths(
        action=("eventName",),
        user=(
            "userIdentity.userName",
            "userIdentity.sessionContext.sessionIssuer.userName",
            "userIdentity.arn",
            "userIdentity.principalId",
            "userIdentity.type",
        ),
        user_id=("userIdentity.arn", "userIdentity.principalId"),
        src_ip=("sourceIPAddress",),
    ),
    "aws.guardduty": Paths(
        action=("type",),
        user=("resource.accessKeyDetails.userName",),
        host_id=("resource.instanceDetails.instanceId",),
        src_ip=(
            "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4",
            "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4",
        ),
        domain=("service.action.dnsRequestAction.domain",),
    ),
    "aws.securityhub": Paths(action=("Title",), src_ip=("Network.SourceIpV4",), dst_ip=("Network.DestinationIpV4",)),
    "entra": _AZURE,
    "azure": _AZURE,
    "m365": Paths(
        action=("Operation",),
        user=("UserId",),
        user_id=("UserKey",),
        src_ip=("ClientIP", "ClientIPAddress", "ActorIpAddress"),
        file_path=("ObjectId",),
    ),
    "m365.defender": Paths(
        action=("ActionType",),
        host_id=("DeviceId",),
        user=("AccountUpn", "AccountName", "InitiatingProcessAccountName", "User"),
        user_realm=("AccountDomain", "InitiatingProcessAccountDomain"),
        user_id=("AccountSid", "AccountObjectId"),
    ),
    "okta": Paths(
        action=("eventType",), user=("actor.alternateId",), user_id=("actor.id",), src_ip=("client.ipAddress",)
    ),
    "github": Paths(action=("action",), user=("actor",), user_id=("actor_id",), src_ip=("actor_ip",)),
    "gcp": Paths(
        action=("protoPayload.methodName",),
        host_id=("resource.labels.instance_id",),
        user=("protoPayload.authenticationInfo.principalEmail", "protoPayload.authenticationInfo.principalSubject"),
        src_ip=("protoPayload.requestMetadata.callerIp",),
    ),
    "google_workspace": Paths(
        action=("eventName",), user=("actor.email",), user_id=("actor.profileId",), src_ip=("ipAddress",)
    ),
    "kubernetes": Paths(
        action=("verb",), user=("user.username",), user_id=("user.uid",), src_ip=("sourceIPs",), url=("requestURI",)
    ),
    "wazuh": Paths(
        action=("rule.description", "event.action"),
        host_id=("agent.id", "wazuh.agent.id"),
        user=("data.dstuser", "data.srcuser", "User", "user.name"),
        src_ip=("data.srcip", "data.src_ip", "source.ip", "SourceIp", "IpAddress"),
        src_port=("data.srcport", "data.src_port", "source.port"),
        dst_ip=("data.dstip", "data.dest_ip", "destination.ip", "DestinationIp"),
        dst_port=("data.dstport", "data.dest_port", "destination.port"),
        file_path=("syscheck.path", "file.path", "TargetFilename"),
    ),
    "suricata": Paths(
        action=("alert.action", "event_type"),
        domain=("query", "http.hostname", "tls.sni"),
        file_path=("fileinfo.filename",),
    ),
    "zeek": Paths(action=("note", "operation", "method", "action", "conn_state"), file_path=("filename",)),
    "linux.auditd": Paths(
        action=("SYSCALL", "op"),
        user=("User", "UID", "AUID", "acct"),
        user_id=("uid", "auid"),
        src_ip=("addr", "laddr"),
        dst_ip=("saddr_ip",),
        dst_port=("saddr_port",),
        file_path=("TargetFilename", "name"),
    ),
    "linux.sudo": Paths(command_line=("COMMAND",), user=("user",)),
    "linux.cron": Paths(command_line=("command",), user=("user",)),
    "osquery": Paths(action=("action",), user=("User", "columns.username", "columns.user")),
    "cef": Paths(user=("suser", "duser", "usrName"), file_path=("filePath", "fname"), url=("request", "url")),
    "cloudflare": Paths(action=("SecurityAction", "Action", "ClientRequestMethod"), user=()),
}
_GENERAL: Final = Paths()


@lru_cache(maxsize=512)
def paths_of(source: str) -> Paths:
    """The paths for events of a source: its own, those of its family, or the general ones."""
    return _BY_SOURCE.get(source) or _BY_SOURCE.get(source.partition(".")[0]) or _GENERAL
