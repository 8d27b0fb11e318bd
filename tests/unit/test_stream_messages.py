"""What relays and devices send by syslog comes out as the source that it is, in the forms that their pages set up."""

from datetime import UTC, datetime
from typing import Final

import pytest

from watchfloor.kernel.ids import BatchId, FeedId, new_uuid
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.raw import RawEvent

NOW: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
LOGIN: Final = "Accepted publickey for kim from 10.0.0.5 port 50000 ssh2: ED25519 SHA256:abc"

MESSAGES: Final = {
    "rsyslog": (f"<38>1 2026-11-22T08:00:00.123456+00:00 web01 sshd 812 - - {LOGIN}", "linux.sshd"),
    "syslog-ng": (f'<38>1 2026-11-22T08:00:00+00:00 web01 sshd 812 - [meta sequenceId="7"] {LOGIN}', "linux.sshd"),
    "rsyslog, the old form": (f"<38>Nov 22 08:00:00 web01 sshd[812]: {LOGIN}", "linux.sshd"),
    "FortiGate": (
        '<189>date=2026-11-22 time=08:00:00 devname="fw01" devid="FG100F" logid="0000000013" type="traffic"'
        ' subtype="forward" level="notice" vd="root" srcip=10.0.0.5 srcport=50000 dstip=203.0.113.9 dstport=443'
        ' proto=6 action="accept" policyid=7',
        "fortigate.traffic",
    ),
    "Cisco ASA": (
        "<166>Nov 22 2026 08:00:00 asa01 : %ASA-6-302013: Built outbound TCP connection 17 for"
        " outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/50000 (10.0.0.5/50000)",
        "cisco.syslog",
    ),
    "CEF": (
        "<134>Nov 22 08:00:00 fw01 CEF:0|Maker|Firewall|1.0|100|Traffic denied|5|src=10.0.0.5 dst=203.0.113.9 act=deny",
        "cef.cef",
    ),
    "NXLog": (
        "<14>1 2026-11-22T08:00:00.123456Z ws01 Microsoft-Windows-Security-Auditing 4 - - "
        '{"EventTime":"2026-11-22T08:00:00.123456Z","Hostname":"ws01","EventID":4624,"Channel":"Security",'
        '"SourceName":"Microsoft-Windows-Security-Auditing","RecordNumber":7,"TargetUserName":"kim"}',
        "windows.security",
    ),
}


@pytest.mark.parametrize("sender", MESSAGES)
def test_a_message_is_known_by_what_it_is(sender: str) -> None:
    text, source = MESSAGES[sender]
    event = normalise(
        RawEvent(body=text.encode()),
        feed_id=FeedId(new_uuid()),
        batch_id=BatchId(new_uuid()),
        index=0,
        source_hint=None,
        received_at=NOW,
    )
    assert (event.source, event.time_quality, event.time.hour) == (source, "parsed", 8)
