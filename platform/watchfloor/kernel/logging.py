"""Logs: one event is one line of JSON, whatever is in it (O4).

Owns the form of a line, the request and tenant that it names, and the capture of what libraries log. Lines
are pure ASCII: every control, bidi and non-ASCII character is a JSON escape, so no content can begin a line,
colour a terminal or reorder text. What looks like a credential is masked as a second net below `Secret` (S2).
It never decides where lines go beyond one stream; the supervisor and the operator do.
"""

import json
import logging
import math
import re
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal, TextIO, final
from uuid import UUID

from watchfloor.kernel.credentials import AGENT_KEY_PATTERN, API_KEY_PATTERN, FEED_TOKEN_PATTERN
from watchfloor.kernel.ids import TenantId, show
from watchfloor.kernel.secret import MASK
from watchfloor.kernel.telemetry import trace_id

Level = Literal["debug", "info", "warning", "error"]

MAX_LINE_CHARACTERS: Final = 65_536
MAX_EXTRA_FIELDS: Final = 32

_request: ContextVar[str | None] = ContextVar("_request", default=None)
_tenant: ContextVar[TenantId | None] = ContextVar("_tenant", default=None)

_CREDENTIAL: Final = re.compile(
    rf"{API_KEY_PATTERN}|{FEED_TOKEN_PATTERN}|{AGENT_KEY_PATTERN}"
    r"|(?<=://)[^\s/?#@:]{0,256}:[^\s/?#@]{1,1024}(?=@)"
    r"|(?i:(?<=splunk )|(?<=bearer )|(?<=basic )|(?<=apikey ))[\w+/=.~:-]{8,}"
)
_CREDENTIAL_LENGTH: Final = 1_400
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_QUIET: Final = ("asyncio", "fontTools", "httpcore", "httpx", "arq.worker", "opentelemetry")


@contextmanager
def log_context(*, request_id: str | None = None, tenant_id: TenantId | None = None) -> Generator[None]:
    """Name the request, the tenant or both in every line that is logged inside the block."""
    request_token = _request.set(request_id if request_id is not None else _request.get())
    tenant_token = _tenant.set(tenant_id if tenant_id is not None else _tenant.get())
    try:
        yield
    finally:
        _tenant.reset(tenant_token)
        _request.reset(request_token)


def current_request_id() -> str | None:
    """The request under way, for error answers and audit entries."""
    return _request.get()


def start_logging(*, process: str, level: Level, stream: TextIO | None = None) -> None:
    """Send all logs of this process, those of its libraries included, to one stream (standard error) as JSON lines.

    To be called once, first of all; calling it again replaces the former set-up.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False


@final
class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON. Fields: time, level, process, logger, message, request, tenant, trace.

    What a caller passes as `extra` stands beside them; an exception is one field, `error`.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line break, at most `MAX_LINE_CHARACTERS` long."""
        for longest in (MAX_LINE_CHARACTERS, 1_000):
            line = self._line(record, longest)
            if len(line) <= MAX_LINE_CHARACTERS:
                return line
        return self._line(record, 50)

    def _line(self, record: logging.LogRecord, longest: int) -> str:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": _message(record),
            "request": _request.get(),
            "tenant": None if (tenant := _tenant.get()) is None else show("ten", tenant),
            "trace": trace_id(),
        }
        own = {name: value for name, value in vars(record).items() if name not in _STANDARD and name not in fields}
        fields |= dict(list(own.items())[:MAX_EXTRA_FIELDS])
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = "".join(traceback.format_exception(record.exc_info[1]))
        shown = {name: _shown(value, longest) for name, value in fields.items() if value is not None}
        # DEL is the one control character that JSON leaves as it is.
        return json.dumps(shown, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")


def without_credentials(text: str) -> str:
    """`text` with what looks like a credential masked. A second net, no promise."""
    return _CREDENTIAL.sub(MASK, text)


def _message(record: logging.LogRecord) -> str:
    """The message with its arguments; a log call that is wrong still gives a line."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError) as error:
        return f"{record.msg!r} (arguments left out: {type(error).__name__})"


def _shown(value: object, longest: int) -> str | int | float | bool:
    """A value as it may stand in a log: numbers as they are, anything else as text without credentials."""
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    text = str(value) if isinstance(value, str | UUID | datetime) else repr(value)
    if len(text) <= longest:
        return _CREDENTIAL.sub(MASK, text)
    half = longest // 2
    # Masked with a margin that is cut off again, so that no credential is split by the cut and so missed.
    head = _CREDENTIAL.sub(MASK, text[: half + _CREDENTIAL_LENGTH])[:-_CREDENTIAL_LENGTH][:half]
    tail = _CREDENTIAL.sub(MASK, text[-half - _CREDENTIAL_LENGTH :])[_CREDENTIAL_LENGTH:][-half:]
    return f"{head} [{len(text) - longest} characters left out] {tail}"
