"""Ordinary traffic for the demo: what fills a customer's feeds on a day without an attack.

Seeded, so that two runs of the demo send the same events. None of it may fire a rule; a test holds that.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

from watchfloor.ops.demo.wire import (
    Caller,
    Document,
    Machine,
    cloudtrail,
    nxlog_security,
    process,
    security,
    ssh_login,
    sysmon,
)

_EXPLORER: Final = "C:\\Windows\\explorer.exe"
_SERVICES: Final = "C:\\Windows\\System32\\services.exe"
_SVCHOST: Final = "C:\\Windows\\System32\\svchost.exe"

_PROGRAMS: Final = (
    ("C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "--type=renderer --lang=de", _EXPLORER),
    ("C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE", "", _EXPLORER),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE",
        '"C:\\Users\\Public\\Documents\\tour-plan.xlsx"',
        _EXPLORER,
    ),
    ("C:\\Windows\\System32\\notepad.exe", "C:\\Users\\Public\\Documents\\notes.txt", _EXPLORER),
    ("C:\\Windows\\System32\\SearchProtocolHost.exe", "Global\\UsGthrFltPipeMssGthrPipe", _SVCHOST),
    ("C:\\Windows\\System32\\taskhostw.exe", "", _SVCHOST),
    ("C:\\Windows\\System32\\backgroundTaskHost.exe", "-ServerName:App.AppX", _SVCHOST),
    ("C:\\Program Files\\7-Zip\\7zG.exe", 'x "C:\\Users\\Public\\Downloads\\delivery-notes.7z"', _EXPLORER),
    ("C:\\Windows\\System32\\svchost.exe", "-k netsvcs -p -s Schedule", _SERVICES),
    ("C:\\Program Files\\WMS\\wms-client.exe", "--site hamburg", _EXPLORER),
)

_CALLS: Final = (
    ("ec2.amazonaws.com", "DescribeInstances"),
    ("ec2.amazonaws.com", "DescribeVolumes"),
    ("s3.amazonaws.com", "ListBuckets"),
    ("s3.amazonaws.com", "GetBucketLocation"),
    ("monitoring.amazonaws.com", "DescribeAlarms"),
    ("elasticloadbalancing.amazonaws.com", "DescribeTargetHealth"),
    ("cloudformation.amazonaws.com", "DescribeStacks"),
    ("logs.amazonaws.com", "DescribeLogGroups"),
)

_AGENT: Final = "aws-cli/2.27.4 md/awscrt#0.26.1 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.13.3"


def windows_noise(
    machines: tuple[Machine, ...], users: tuple[str, ...], *, start: datetime, minutes: int, count: int, seed: int
) -> Iterator[Document]:
    """Process starts, name look-ups, connections and logons, as Winlogbeat sends them."""
    random = Random(seed)  # noqa: S311  repeatable on purpose
    for record in range(count):
        machine, user = random.choice(machines), random.choice(users)
        at = start + timedelta(seconds=random.uniform(0, minutes * 60))
        kind = random.random()
        if kind < 0.5:
            image, arguments, parent = random.choice(_PROGRAMS)
            yield process(
                machine,
                at,
                record,
                image=image,
                command=f'"{image}" {arguments}'.strip(),
                parent=parent,
                parent_command=parent,
                user=user,
            )
        elif kind < 0.8:
            name = f"cdn{random.randrange(40)}.example.net"
            yield sysmon(
                machine,
                at,
                record,
                event_id=22,
                data={
                    "Image": _PROGRAMS[0][0],
                    "QueryName": name,
                    "QueryStatus": "0",
                    "QueryResults": f"198.51.100.{random.randrange(1, 250)};",
                    "User": user,
                },
            )
        else:
            yield security(machine, at, record, event_id=4624, data=_logon(machine, user, random))


def nxlog_noise(
    machines: tuple[Machine, ...], users: tuple[str, ...], *, start: datetime, minutes: int, count: int, seed: int
) -> Iterator[Document]:
    """Logons, as NXLog sends them."""
    random = Random(seed)  # noqa: S311  repeatable on purpose
    for record in range(count):
        machine, user = random.choice(machines), random.choice(users)
        at = start + timedelta(seconds=random.uniform(0, minutes * 60))
        yield nxlog_security(machine, at, record, event_id=4624, data=_logon(machine, user, random))


def cloud_noise(
    account: str, users: tuple[str, ...], *, start: datetime, minutes: int, count: int, seed: int
) -> Iterator[Document]:
    """Read-only calls of people and automation."""
    random = Random(seed)  # noqa: S311  repeatable on purpose
    for _ in range(count):
        source, name = random.choice(_CALLS)
        at = start + timedelta(seconds=random.uniform(0, minutes * 60))
        caller = Caller(
            account=account, user=random.choice(users), address=f"192.0.2.{random.randrange(10, 20)}", agent=_AGENT
        )
        yield cloudtrail(at, caller, source=source, name=name)


def ssh_noise(
    machine: Machine, users: tuple[str, ...], *, start: datetime, minutes: int, count: int, seed: int
) -> Iterator[str]:
    """Logins with keys from inside, as a Linux server's syslog tells them."""
    random = Random(seed)  # noqa: S311  repeatable on purpose
    for number in range(count):
        at = start + timedelta(seconds=random.uniform(0, minutes * 60))
        yield ssh_login(
            machine,
            at,
            process_id=2_000 + number,
            user=random.choice(users),
            address=f"10.40.2.{random.randrange(11, 17)}",
            port=random.randrange(49152, 65535),
        )


def _logon(machine: Machine, user: str, random: Random) -> dict[str, str]:
    domain, _, name = user.rpartition("\\")
    return {
        "SubjectUserName": f"{machine.name}$",
        "SubjectDomainName": domain,
        "TargetUserName": name,
        "TargetDomainName": domain,
        "LogonType": random.choice(("2", "3", "11")),
        "LogonProcessName": "Kerberos",
        "AuthenticationPackageName": "Kerberos",
        "WorkstationName": machine.name,
        "IpAddress": machine.address,
        "IpPort": str(random.randrange(49152, 65535)),
    }
