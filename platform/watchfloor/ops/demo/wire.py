"""Events as their sources write them: Winlogbeat 8 documents, NXLog's flat JSON, CloudTrail records, syslog.

Builds wire formats only; what happens when stands in `storyline` and `noise`.
"""

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

Document = dict[str, object]

_SYSMON: Final = "Microsoft-Windows-Sysmon"
_AUDITING: Final = "Microsoft-Windows-Security-Auditing"


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A Windows machine of a demo tenant."""

    name: str
    domain: str
    address: str

    @property
    def fqdn(self) -> str:
        """The name that its events carry."""
        return f"{self.name}.{self.domain}"


def winlogbeat(
    machine: Machine, at: datetime, record: int, *, channel: str, provider: str, event_id: int, data: dict[str, str]
) -> Document:
    """A document as Winlogbeat 8 sends it."""
    return {
        "@timestamp": _millis(at),
        "agent": {"type": "winlogbeat", "version": "8.17.0", "name": machine.name},
        "ecs": {"version": "8.0.0"},
        "event": {"code": str(event_id), "kind": "event", "provider": provider},
        "host": {"name": machine.fqdn},
        "winlog": {
            "api": "wineventlog",
            "channel": channel,
            "computer_name": machine.fqdn,
            "event_id": str(event_id),
            "provider_name": provider,
            "record_id": record,
            "event_data": data,
        },
    }


def sysmon(machine: Machine, at: datetime, record: int, *, event_id: int, data: dict[str, str]) -> Document:
    """A Sysmon event."""
    return winlogbeat(
        machine,
        at,
        record,
        channel=f"{_SYSMON}/Operational",
        provider=_SYSMON,
        event_id=event_id,
        data={"UtcTime": at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], **data},
    )


def process(
    machine: Machine,
    at: datetime,
    record: int,
    *,
    image: str,
    command: str,
    parent: str,
    parent_command: str,
    user: str,
) -> Document:
    """Sysmon 1: a process was created."""
    digest = hashlib.sha256(image.encode()).hexdigest().upper()
    return sysmon(
        machine,
        at,
        record,
        event_id=1,
        data={
            "ProcessGuid": f"{{{UUID(bytes=hashlib.sha256(f'{machine.fqdn}{record}'.encode()).digest()[:16])}}}",
            "ProcessId": str(2000 + record % 30000),
            "Image": image,
            "OriginalFileName": image.rpartition("\\")[2],
            "CommandLine": command,
            "CurrentDirectory": "C:\\Windows\\System32\\",
            "User": user,
            "IntegrityLevel": "High" if user.endswith("SYSTEM") else "Medium",
            "Hashes": f"SHA256={digest}",
            "ParentImage": parent,
            "ParentCommandLine": parent_command,
            "ParentProcessId": str(1500 + record % 9000),
        },
    )


def security(machine: Machine, at: datetime, record: int, *, event_id: int, data: dict[str, str]) -> Document:
    """A Windows Security event."""
    return winlogbeat(machine, at, record, channel="Security", provider=_AUDITING, event_id=event_id, data=data)


def nxlog_security(machine: Machine, at: datetime, record: int, *, event_id: int, data: dict[str, str]) -> Document:
    """A Windows Security event as NXLog's im_msvistalog with to_json() writes it: flat."""
    return {
        "EventTime": at.isoformat(timespec="microseconds"),
        "Hostname": machine.fqdn,
        "Keywords": -9214364837600034816,
        "EventType": "AUDIT_SUCCESS",
        "SeverityValue": 2,
        "EventID": event_id,
        "SourceName": _AUDITING,
        "Channel": "Security",
        "RecordNumber": record,
        **data,
        "EventReceivedTime": at.isoformat(timespec="microseconds"),
        "SourceModuleName": "eventlog",
        "SourceModuleType": "im_msvistalog",
    }


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls AWS, from where, with what."""

    account: str
    user: str
    address: str
    agent: str

    def identity(self) -> Document:
        """The record's `userIdentity`."""
        if self.user == "root":
            arn = f"arn:aws:iam::{self.account}:root"
            return {"type": "Root", "principalId": self.account, "arn": arn, "accountId": self.account}
        digest = hashlib.sha256(self.user.encode()).hexdigest().upper()
        return {
            "type": "IAMUser",
            "principalId": f"AIDA{digest[:17]}",
            "arn": f"arn:aws:iam::{self.account}:user/{self.user}",
            "accountId": self.account,
            "accessKeyId": f"AKIA{digest[17:33]}",
            "userName": self.user,
        }


def cloudtrail(
    at: datetime,
    caller: Caller,
    *,
    source: str,
    name: str,
    parameters: Document | None = None,
    response: Document | None = None,
) -> Document:
    """A CloudTrail record, version 1.10."""
    seed = hashlib.sha256(f"{at.isoformat()}{caller}{name}{parameters}".encode()).digest()
    record: Document = {
        "eventVersion": "1.10",
        "userIdentity": caller.identity(),
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": caller.address,
        "userAgent": caller.agent,
        "requestParameters": parameters,
        "responseElements": response,
        "requestID": str(UUID(bytes=seed[:16])),
        "eventID": str(UUID(bytes=seed[16:])),
        "readOnly": name.startswith(("Get", "List", "Describe")),
        "eventType": "AwsConsoleSignIn" if name == "ConsoleLogin" else "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": caller.account,
        "eventCategory": "Management",
    }
    if name == "ConsoleLogin":
        record["additionalEventData"] = {"MFAUsed": "No", "MobileVersion": "No"}
    return record


def _millis(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def ssh_login(machine: Machine, at: datetime, *, process_id: int, user: str, address: str, port: int) -> str:
    """A login with a key that OpenSSH accepted, as a message of RFC 5424."""
    print_ = hashlib.sha256(user.encode()).hexdigest()[:43]
    text = f"Accepted publickey for {user} from {address} port {port} ssh2: ED25519 SHA256:{print_}"
    return f"<38>1 {at.strftime('%Y-%m-%dT%H:%M:%S.%fZ')} {machine.fqdn} sshd {process_id} - - {text}"
