"""Who takes part in the demo, and what its storyline must produce. The bundles in `tenants/demo` agree with it."""

from typing import Final

import msgspec

from watchfloor.ops.demo.storyline import BRIGHTWELL, NORDKAI

ANALYST: Final = "tomas.reyes@tidewatch.example"
LEAD: Final = "ines.okafor@tidewatch.example"
OFFICER: Final = "datenschutz@nordkai.example"
"""Nordkai's privacy officer."""
VIEWERS: Final = {NORDKAI: "henrike.voss@nordkai.example", BRIGHTWELL: "aoife.brennan@brightwell.example"}


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant's part of the storyline must produce: alerts of these rules, and as many incidents."""

    alerts: frozenset[str]
    incidents: int


EXPECTED: Final = {
    NORDKAI: Expected(
        alerts=frozenset(
            {
                "Office starts a script host",
                "PowerShell runs an encoded command",
                "Process memory dumped through comsvcs",
                "Lsass memory opened for reading",
                "Credential hives saved to file",
                "Rclone copies to cloud storage",
                "Shadow copies deleted",
                "Security event log cleared",
                "Access key created for another user",
                "Administrator policy attached",
                "S3 bucket opened to everyone",
                "CloudTrail stopped or weakened",
            }
        ),
        incidents=2,
    ),
    BRIGHTWELL: Expected(
        alerts=frozenset(
            {
                "Failed logon from a public address",
                "Password guessed after many wrong ones",
                "New account made an administrator",
                "Remote desktop logon from a public address",
                "Console login without second factor",
                "Root account used",
                "CloudTrail stopped or weakened",
            }
        ),
        incidents=1,
    ),
}
