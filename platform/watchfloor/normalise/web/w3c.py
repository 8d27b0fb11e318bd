"""W3C's extended log format: IIS, proxies such as ProxySG, Amazon CloudFront.

A row is read by its header's names, or, without one, by the columns that IIS writes unless told otherwise. Sigma's web
names are W3C's own; browsers and referrers stand under both spellings. Never raises.
"""

import re
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from watchfloor.normalise.body import clean_text
from watchfloor.normalise.columns import Columns
from watchfloor.normalise.entities import EntityList, parse_ip
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time
from watchfloor.normalise.web.request import add_request

PARSER: Final = "web.w3c/1"
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    "web.iis": (LogSource(product="iis", category="webserver"),),
    "web.w3c": (LogSource(category="webserver"),),
    "web.proxy": (LogSource(category="proxy"),),
    "aws.cloudfront": (LogSource(product="aws", category="webserver", service="cloudfront"),),
}
"""What the rows of each kind of log belong to, by `Event.source`."""

_DEFAULT: Final = (
    "date", "time", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip",
    "cs(User-Agent)", "cs(Referer)", "sc-status", "sc-substatus", "sc-win32-status", "time-taken",
)  # fmt: skip
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} ")
_WORD: Final = re.compile(r'"([^"]*)"|(\S+)')
_PROXY_COLUMNS: Final = frozenset({"s-hierarchy", "sc-filter-result", "cs-categories", "r-ip", "s-supplier-name"})
_STATUS: Final = re.compile(r"\d{3}")


def parse_iis(line: Line) -> Parsed | None:
    """A row in IIS's default columns; None if the line is none."""
    if not _DAY.match(line.text):
        return None
    words = line.text.split(" ", len(_DEFAULT))
    if len(words) != len(_DEFAULT) or parse_ip(words[2]) is None or parse_ip(words[8]) is None:
        return None
    if not _STATUS.fullmatch(words[11]) or not words[6].isdecimal():
        return None
    return _parsed(dict(zip(_DEFAULT, words, strict=True)), "web.iis", host=line.host)


def parse_w3c_row(text: str, columns: Columns) -> Parsed | None:
    """A row under its header; None if it has another number of columns."""
    names = columns.names
    if "\t" in text:
        words = text.split("\t")
    elif '"' in text:
        words = [quoted or bare for quoted, bare in _WORD.findall(text)]
    else:
        words = text.split()
    if len(words) != len(names) or not {"cs-method", "sc-status", "cs-uri-stem"} & set(names):
        return None
    row = dict(zip(names, words, strict=True))
    if "x-edge-location" in row:
        kind = "aws.cloudfront"
    elif _PROXY_COLUMNS & row.keys():
        kind = "web.proxy"
    else:
        kind = "web.iis" if "sc-win32-status" in row or "Internet Information" in columns.software else "web.w3c"
    return _parsed(row, kind, host=None)


def _parsed(row: dict[str, str], kind: str, *, host: str | None) -> Parsed:
    fields: dict[str, FieldValue] = {name[:128]: word for name, word in row.items() if word not in ("", "-")}
    time = _time(row)
    agent, referrer = (_plain(row.get(name, ""), kind) for name in ("cs(User-Agent)", "cs(Referer)"))
    stem, query = row.get("cs-uri-stem", ""), row.get("cs-uri-query", "")
    path = row.get("cs-uri-path", stem) or stem
    query = "" if query == "-" else query.removeprefix("?")
    target = f"{path}?{query}" if query else path
    for name in ("cs-uri-query", "sc-status", "cs-uri-stem"):
        fields.pop(name, None)
    name = row.get("cs-host") or row.get("cs(Host)") or row.get("x-host-header") or ""
    if "src_ip" not in fields and "c-ip" in fields:
        fields["src_ip"] = fields["c-ip"]
    add_request(
        fields,
        target=target,
        method=fields.get("cs-method"),
        status=row.get("sc-status"),
        host=name.partition(":")[0] or None,
        agent=agent,
        referrer=referrer,
        scheme=row.get("cs-uri-scheme") or row.get("cs-protocol") or "http",
    )
    return Parsed(
        source=kind,
        logsources=SOURCES[kind],
        time=time,
        identity=("cloudfront", row["x-edge-request-id"]) if "x-edge-request-id" in row else None,
        fields=fields,
        entities=_entities(fields, host or row.get("s-computername")),
        summary=f"{as_text(fields.get('c-ip')) or '?'} {as_text(fields.get('cs-method'))} {target}"
        f" -> {row.get('sc-status', '?')}",
        parser=PARSER,
    )


def _plain(word: str, kind: str) -> str:
    """A header's value: IIS writes `+` for a blank, CloudFront percent signs."""
    if word in ("", "-"):
        return ""
    return clean_text(unquote(word)) if kind == "aws.cloudfront" else word.replace("+", " ")


def _time(row: dict[str, str]) -> datetime | None:
    """Date and time of the row, in UTC as the format has it."""
    if row.get("date") and row.get("time"):
        return parse_time(f"{row['date']}T{row['time']}Z")
    return parse_time(row.get("x-timestamp", row.get("timestamp", "")))


def _entities(fields: dict[str, FieldValue], host: str | None) -> tuple[Entity, ...]:
    found = EntityList()
    found.ip(fields.get("c-ip"))
    found.host(host)
    found.domain(fields.get("cs-host"))
    found.user(fields.get("cs-username"))
    return found.found()
