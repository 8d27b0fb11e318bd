"""cron, anacron and crontab: which account's table ran or changed what."""

import re
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.parsed import Parsed

SOURCE: Final = "linux.cron"
PARSER: Final = "linux.cron/1"

_PROGRAMS: Final = frozenset({"cron", "crond", "crontab", "anacron", "atd", "fcron"})
LOGSOURCES: Final = (LogSource(product="linux", service="cron"), LogSource(product="linux", service="syslog"))
_LINE: Final = re.compile(
    r"\((?P<user>[^()\s]{1,256})\) (?P<action>[A-Z][A-Z ]{0,31}) \((?P<rest>.{0,65536})", re.DOTALL
)


def parse_cron(line: Line) -> Parsed | None:
    """A line of a scheduler; None if it is another program's."""
    if line.program is None or line.program.lower() not in _PROGRAMS:
        return None
    fields = header_fields(line)
    found = EntityList()
    found.host(line.host)
    matched = _LINE.match(line.message)
    if matched is not None:
        fields["user"], fields["action"] = matched["user"], matched["action"]
        fields["command" if matched["action"] == "CMD" else "detail"] = matched["rest"].removesuffix(")").strip()
        add_account(found, matched["user"], host=line.host)
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=line.time,
        identity=None,
        fields=fields,
        entities=found.found(),
        summary=f"{line.program}{f' on {line.host}' if line.host else ''}: {line.message}",
        parser=PARSER,
    )
