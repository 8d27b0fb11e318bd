"""Access logs of AWS application load balancers: lines with Sigma's webserver names.

Never decodes a URL: rules that want it encoded see it as it was asked.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from watchfloor.normalise.cloud.reading import put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import FieldValue, LogSource
from watchfloor.normalise.lines import Line
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "aws.alb"
PARSER: Final = "aws.alb/1"

LOGSOURCES: Final = (LogSource(product="aws", category="webserver", service="alb"),)
"""What its events belong to."""
_KINDS: Final = frozenset({"http", "https", "h2", "grpcs", "ws", "wss"})
_WORD: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"|(\S++)')
_COLUMNS: Final = (
    "type",
    "time",
    "elb",
    "client_port",
    "target_port",
    "request_processing_time",
    "target_processing_time",
    "response_processing_time",
    "elb_status_code",
    "target_status_code",
    "received_bytes",
    "sent_bytes",
    "request",
    "user_agent",
    "ssl_cipher",
    "ssl_protocol",
    "target_group_arn",
    "trace_id",
    "domain_name",
    "chosen_cert_arn",
    "matched_rule_priority",
    "request_creation_time",
    "actions_executed",
    "redirect_url",
    "error_reason",
)


def parse_load_balancer_line(line: Line) -> Parsed | None:
    """One line of an access log; None if it is none."""
    text = line.message
    kind, _, rest = text.partition(" ")
    if kind not in _KINDS or " app/" not in rest[:64]:
        return None
    fields: dict[str, FieldValue] = {}
    for name, match in zip(_COLUMNS, _WORD.finditer(text), strict=False):
        word = match[1] if match[1] is not None else match[2]
        if word != "-":
            fields[name] = word
    _add_names(fields)
    found = EntityList()
    found.ip(fields.get("client_port"))
    found.domain(fields.get("domain_name"))
    status, what = as_text(fields.get("elb_status_code")), as_text(fields.get("request"))
    trace = as_text(fields.get("trace_id"))
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(fields.get("time")),
        identity=("aws.alb", trace, as_text(fields.get("time"))) if trace else None,
        fields=fields,
        entities=found.found(),
        summary=f"{as_text(fields.get('c-ip'))} asked {what}, answered {status or 'nothing'}",
        parser=PARSER,
    )


def _add_names(fields: dict[str, FieldValue]) -> None:
    method, _, rest = as_text(fields.get("request")).partition(" ")
    url, _, version = rest.rpartition(" ")
    put(fields, "cs-method", method)
    put(fields, "cs-version", version)
    path, query, host = _parts(url)
    put(fields, "cs-uri-stem", path)
    put(fields, "cs-uri-query", query)
    put(fields, "c-uri", url)
    put(fields, "cs-host", fields.get("domain_name") or host)
    put(fields, "cs-user-agent", fields.get("user_agent"))
    put(fields, "sc-status", fields.get("elb_status_code"))
    put(fields, "c-ip", as_text(fields.get("client_port")).rpartition(":")[0].strip("[]"))


def _parts(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, "", ""
    return parts.path, parts.query, parts.netloc.rpartition(":")[0] or parts.netloc
