"""A line of columns under the header that names them, handed to the parser of its source."""

from typing import Final

from watchfloor.normalise.cloud.vpc_flow import parse_flow_row
from watchfloor.normalise.columns import Columns, is_header
from watchfloor.normalise.event import LogSource
from watchfloor.normalise.network.zeek_columns import parse_zeek_row
from watchfloor.normalise.parsed import Parsed
from watchfloor.normalise.web.w3c import parse_w3c_row

HEADER: Final = "log.header"
PARSER: Final = "log.header/1"
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {HEADER: ()}
"""A header's lines are kept, and belong to no log source."""


def parse_row(text: str, columns: Columns) -> Parsed | None:
    """One line; None if it does not fit its header."""
    match columns.kind:
        case "zeek":
            return parse_zeek_row(text, columns)
        case "w3c":
            return parse_w3c_row(text, columns)
        case "flow":
            return parse_flow_row(text.split(), columns.names)


def parse_header(text: str) -> Parsed | None:
    """A line of a header; None if it is none."""
    if not is_header(text):
        return None
    return Parsed(
        source=HEADER,
        logsources=(),
        time=None,
        identity=None,
        fields={"message": text},
        entities=(),
        summary=text,
        parser=PARSER,
    )
