"""Access logs of web servers and proxies in the common and the combined format, with or without a virtual host."""

import re
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.parsed import Parsed
from watchfloor.normalise.timestamps import read_written_time
from watchfloor.normalise.web.request import add_request

SOURCE: Final = "web.access"
PARSER: Final = "web.access/1"

_TEXT: Final = r'[^"\\]*(?:\\.[^"\\]*)*'
_LINE: Final = re.compile(
    r"(?:(?P<vhost>[\w.\-]{1,253}(?::\d{1,5})?) )?(?P<client>[\w.:\-]{2,255}) \S{1,64}"
    r" (?P<user>[^\[\]]{1,256}?)"
    rf' \[(?P<time>[^\]]{{20,40}})\] "(?P<request>{_TEXT})" (?P<status>\d{{3}}|-) (?P<bytes>\d{{1,18}}|-)'
    rf'(?: "(?P<referrer>{_TEXT})" "(?P<agent>{_TEXT})")?'
)
_WEBSERVER: Final = (LogSource(category="webserver"),)
_PROXY: Final = (LogSource(category="proxy"),)
LOGSOURCES: Final = (*_WEBSERVER, *_PROXY)


def parse_access_log(line: Line) -> Parsed | None:
    """One request; None if the line is none."""
    if '] "' not in line.message[:2_048]:
        return None
    matched = _LINE.match(line.message)
    if matched is None:
        return None
    request = matched["request"]
    method, _, rest = request.partition(" ")
    target, _, version = rest.rpartition(" ") if " HTTP/" in rest else (rest, "", "")
    through_proxy = "://" in target[:16] or method == "CONNECT"
    fields = header_fields(line)
    if matched["vhost"]:
        fields["s-computername"] = matched["vhost"].partition(":")[0]
    fields["c-ip"] = fields["src_ip"] = matched["client"]
    for name, value in (("cs-username", matched["user"]), ("sc-bytes", matched["bytes"]), ("cs-version", version)):
        if value not in ("", "-"):
            fields[name] = int(value) if name == "sc-bytes" else value
    # Most of these characters are what an attacker sent: a request that is no request is kept as its target.
    add_request(
        fields,
        target=target or request,
        method=method if target else None,
        host=_asked_host(target) if through_proxy else None,
        status=matched["status"],
        agent=matched["agent"],
        referrer=matched["referrer"],
    )
    return Parsed(
        source=SOURCE,
        logsources=_PROXY if through_proxy else _WEBSERVER,
        time=read_written_time(matched["time"]) or line.time,
        identity=None,
        fields=fields,
        entities=_entities(fields, line),
        summary=f"{matched['client']} {request} -> {matched['status']}",
        parser=PARSER,
    )


def _asked_host(target: str) -> str:
    """The host in a proxy's target: `http://host:port/path`, or `host:port` of a CONNECT."""
    bare = target.partition("://")[2] or target
    return bare.partition("/")[0].rpartition("@")[2].partition(":")[0][:253]


def _entities(fields: dict[str, FieldValue], line: Line) -> tuple[Entity, ...]:
    found = EntityList()
    found.ip(fields.get("c-ip"))
    found.host(line.host)
    for name in ("s-computername", "cs-host"):
        found.domain(fields.get(name))
    found.user(fields.get("cs-username"))
    return found.found()
