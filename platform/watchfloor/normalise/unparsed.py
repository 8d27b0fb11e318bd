"""Events of no known source: kept with what can be read from them, so that they can be searched and counted."""

from datetime import datetime
from typing import Final

from watchfloor.normalise.event import UNPARSED, FieldValue
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

PARSER: Final = "unparsed/1"

_TIME_FIELDS: Final = ("@timestamp", "timestamp", "time", "eventTime", "TimeGenerated", "date")
_MESSAGE_FIELDS: Final = ("message", "msg", "log", "event", "summary")


def parse_object(fields: dict[str, FieldValue]) -> Parsed:
    """A JSON object that no parser knows."""
    times = (parse_time(fields[name]) for name in _TIME_FIELDS if name in fields)
    messages = (as_text(fields[name]) for name in _MESSAGE_FIELDS if name in fields)
    pairs = ", ".join(f"{name}={as_text(value)}" for name, value in list(fields.items())[:8] if as_text(value))
    return _unparsed(
        fields,
        time=next((time for time in times if time is not None), None),
        summary=next((message for message in messages if message), pairs),
    )


def parse_text(text: str) -> Parsed:
    """A line of text. It stands in `message`."""
    return _unparsed({"message": text}, time=None, summary=text)


def _unparsed(fields: dict[str, FieldValue], *, time: datetime | None, summary: str) -> Parsed:
    return Parsed(
        source=UNPARSED,
        logsources=(),
        time=time,
        identity=None,
        fields=fields,
        entities=(),
        summary=summary,
        parser=PARSER,
    )
