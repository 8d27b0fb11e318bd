"""What Cisco's firewalls and routers say in their messages, as fields: connections, refusals, log-ons, commands.

Owns the patterns for ASA, FTD and IOS. A message without a pattern has no fields here and is still kept whole.
"""

import re
from typing import Final

_END: Final = (
    r"(?:[\w.\-]{1,64}[:/])?(?P<%s_ip>(?=[0-9A-Fa-f]{0,4}[.:])[0-9A-Fa-f.:]{3,45})"
    r"(?:[/(](?P<%s_port>\d{1,5})\)?)?"
)
_SOURCE: Final = _END % ("src", "src")
_TARGET: Final = _END % ("dst", "dst")
_MORE: Final = r"(?:\([^)]{0,128}\) ?){0,2}"
_PROTO: Final = r"(?P<proto>[A-Za-z0-9]{2,12})"
_USER: Final = r"(?P<user>[^'\"<>\s,:]{1,256})"
_PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), action)
    for pattern, action in (
        (rf"Built inbound {_PROTO} connection \d{{1,20}} for {_SOURCE} ?{_MORE}to {_TARGET}", "accept"),
        (rf"Built outbound {_PROTO} connection \d{{1,20}} for {_TARGET} ?{_MORE}to {_SOURCE}", "accept"),
        (
            rf"Teardown {_PROTO} connection \d{{1,20}} for {_SOURCE} ?{_MORE}to {_TARGET} ?{_MORE}"
            r"duration (?P<duration>[\d:hms]{1,16}) bytes (?P<bytes>\d{1,18})",
            "close",
        ),
        (rf"Deny {_PROTO} src {_SOURCE} ?{_MORE}dst {_TARGET}", "deny"),
        (rf"access-list (?P<rule>\S{{1,128}}) permitted {_PROTO} {_SOURCE} ?{_MORE}-> {_TARGET}", "accept"),
        (
            rf"access-list (?P<rule>\S{{1,128}}) (?:denied|est-allowed) {_PROTO} {_SOURCE} ?{_MORE}-> {_TARGET}",
            "deny",
        ),
        (rf"Inbound {_PROTO} connection denied from {_SOURCE} to {_TARGET}", "deny"),
        (
            rf"Deny (?:inbound |protocol )?{_PROTO} (?:\([^)]{{0,64}}\) )?(?:from|src) {_SOURCE} (?:to|dst) {_TARGET}",
            "deny",
        ),
        (rf"list (?P<rule>\S{{1,128}}) permitted {_PROTO} {_SOURCE} ?-> {_TARGET}", "accept"),
        (rf"list (?P<rule>\S{{1,128}}) denied {_PROTO} {_SOURCE} ?-> {_TARGET}", "deny"),
        (rf"Login denied from {_SOURCE} to \S{{1,128}} for user ['\"]?{_USER}", "login_failed"),
        (rf"Login permitted from {_SOURCE} to \S{{1,128}} for user ['\"]?{_USER}", "login"),
        (rf"AAA user authentication Successful\b.{{0,200}}?: user = {_USER}", "login"),
        (rf"AAA user (?:authentication|authorization) Rejected\b.{{0,200}}?: user = {_USER}", "login_failed"),
        (
            r"Group <(?P<group>[^<>]{0,128})> User <(?P<user>[^<>]{1,256})> IP <(?P<src_ip>[0-9A-Fa-f.:]{3,45})>"
            r" (?:(?:First TCP|AnyConnect|SVC|WebVPN|TCP) |Authentication: success)",
            "vpn",
        ),
        (
            rf"User authentication succeeded: (?:IP address: (?P<src_ip>[0-9A-Fa-f.:]{{3,45}}), )?Uname: {_USER}",
            "login",
        ),
        (
            rf"User authentication failed: (?:IP address: (?P<src_ip>[0-9A-Fa-f.:]{{3,45}}), )?Uname: {_USER}",
            "login_failed",
        ),
        (
            rf"User '{_USER}', running '[^']{{0,64}}' from IP (?P<src_ip>[0-9A-Fa-f.:]{{3,45}}),"
            r" executed '(?P<command>.{0,1024})'",
            "command",
        ),
        (rf"User '{_USER}' executed the '(?P<command>.{{0,1024}}?)' command", "command"),
        (
            rf"Login Success \[user: {_USER}\] \[Source: (?P<src_ip>[0-9A-Fa-f.:]{{3,45}})\]",
            "login",
        ),
        (
            r"Login failed \[user: (?P<user>[^\]]{0,256})\] \[Source: (?P<src_ip>[0-9A-Fa-f.:]{3,45})\]",
            "login_failed",
        ),
        (
            rf"Configured from \S{{1,32}} by {_USER} on \S{{1,32}}(?: \((?P<src_ip>[0-9A-Fa-f.:]{{3,45}})\))?",
            "configured",
        ),
    )
)


def read_message(text: str) -> dict[str, str]:
    """The fields of a message, without its `%ASA-6-302013:`; none for one that no pattern knows."""
    for pattern, action in _PATTERNS:
        matched = pattern.match(text)
        if matched is not None:
            found = {name: value for name, value in matched.groupdict().items() if value}
            return {**found, "action": action}
    return {}
