"""From a sender's request to an incident: the main job, over a real port and real servers."""

import json

from tests.wire.conftest import Site


def encoded_powershell(number: int, host: str = "ws-1.acme.example") -> dict[str, object]:
    """A Sysmon process creation that a shared rule fires on."""
    return {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "Computer": host,
        "EventRecordID": number,
        "UtcTime": "2026-11-20 10:00:00.123",
        "Image": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        "CommandLine": "powershell.exe -nop -w hidden -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA",
        "User": "ACME\\bob",
        "ParentImage": "C:\\Windows\\explorer.exe",
    }


async def test_events_become_incidents(site: Site) -> None:
    acme, other, doors = await site.customer(), await site.customer(), await site.doors()
    feed = await site.feed(acme)
    body = "".join(json.dumps({"event": encoded_powershell(number)}) for number in range(3))
    answer = await doors.client.post("/services/collector/event", content=body, headers=feed.headers)
    assert (answer.status_code, answer.json()) == (200, {"text": "Success", "code": 0})
    assert await site.rows(acme, "intake_batches") == 1
    await site.pipeline().drain()
    assert await site.rows(acme, "intake_batches") == 0
    assert len(await site.events(acme)) == 3
    assert await site.rows(acme, "alerts") >= 1
    assert await site.rows(acme, "incidents") == 1
    assert await site.rows(other, "incidents") == 0
