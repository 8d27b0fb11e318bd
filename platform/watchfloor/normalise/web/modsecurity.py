"""ModSecurity's and Coraza's JSON audit log: version 2 (Apache), version 3 (nginx, libmodsecurity) and Coraza.

The three shapes keep their own names; the request gets Sigma's names for web servers, and every shape gets `rule_id`,
`rule_message`, `rule_tag` and `blocked`, so that one rule fits all three.
"""

import re
from datetime import datetime
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time, read_written_time
from watchfloor.normalise.web.request import add_request

SOURCE: Final = "modsecurity"
PARSER: Final = "modsecurity/1"
MAX_MESSAGES: Final = 200

LOGSOURCES: Final = (
    LogSource(product="modsecurity", category="webserver"),
    LogSource(product="modsecurity", category="waf"),
)
_WRITTEN: Final = re.compile(r'\[(id|msg|tag|severity) "((?:[^"\\]|\\.){0,512})"\]')
_IDS: Final = ("transaction_id", "unique_id", "id")
_TIMES: Final = ("time", "time_stamp", "timestamp")
_BLOCKED_STATUS: Final = frozenset({"403", "406", "444"})


def parse_modsecurity(fields: dict[str, FieldValue]) -> Parsed | None:
    """One transaction; None if the object is none."""
    transaction = fields.get("transaction")
    if not isinstance(transaction, dict):
        return None
    if "audit_data" in fields or ("request" in fields and "remote_address" in transaction):
        request, response = _add_version_2(fields, transaction)
    elif "client_ip" in transaction or "producer" in transaction:
        request, response = _add_version_3(fields, transaction)
    else:
        return None
    _add_request(fields, request, response)
    identity, when = _first(transaction, _IDS), _first(transaction, _TIMES)
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=_time(transaction),
        identity=("modsecurity", identity, when) if identity else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields),
        parser=PARSER,
    )


Section = dict[str, FieldValue]


def _add_version_2(fields: Section, transaction: Section) -> tuple[Section, Section]:
    """Messages are lines of text with `[id "942100"] [msg ".."] [tag ".."]` in them."""
    request, response = as_object(fields.get("request")), as_object(fields.get("response"))
    audit = as_object(fields.get("audit_data"))
    messages = audit.get("messages")
    found: dict[str, list[FieldValue]] = {"id": [], "msg": [], "tag": [], "severity": []}
    for message in messages[:MAX_MESSAGES] if isinstance(messages, list) else ():
        for name, value in _WRITTEN.findall(as_text(message)[:8_192]):
            found[name].append(value)
    _add_rules(fields, found["id"], found["msg"], found["tag"])
    line = as_text(request.get("request_line"))
    method, _, rest = line.partition(" ")
    fields.setdefault("c-ip", transaction.get("remote_address"))
    status, intercepted = as_text(response.get("status")), as_object(audit.get("action")).get("intercepted")
    fields["blocked"] = bool(intercepted) or status in _BLOCKED_STATUS
    target = rest.rpartition(" ")[0] or rest
    return {"method": method, "uri": target, "headers": request.get("headers")}, {"status": status}


def _add_version_3(fields: Section, transaction: Section) -> tuple[Section, Section]:
    """Version 3 has the messages inside the transaction, Coraza beside it."""
    request, response = as_object(transaction.get("request")), as_object(transaction.get("response"))
    messages = transaction.get("messages") or fields.get("messages")
    ids: list[FieldValue] = []
    texts: list[FieldValue] = []
    tags: list[FieldValue] = []
    for message in messages[:MAX_MESSAGES] if isinstance(messages, list) else ():
        row = as_object(message)
        details = as_object(row.get("details")) or as_object(row.get("data"))
        ids.append(as_text(details.get("ruleId")) or as_text(details.get("id")))
        texts.append(as_text(row.get("message")) or as_text(details.get("msg")))
        named = details.get("tags")
        tags.extend(named[:64] if isinstance(named, list) else ())
    _add_rules(fields, ids, texts, tags)
    fields.setdefault("c-ip", transaction.get("client_ip"))
    status = as_text(response.get("http_code")) or as_text(response.get("status"))
    fields["blocked"] = transaction.get("is_interrupted") is True or status in _BLOCKED_STATUS
    return request, {"status": status}


def _first(transaction: Section, names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := as_text(transaction.get(name)))), "")


def _add_rules(fields: Section, ids: list[FieldValue], texts: list[FieldValue], tags: list[FieldValue]) -> None:
    for name, values in (("rule_id", ids), ("rule_message", texts), ("rule_tag", tags)):
        distinct: list[FieldValue] = list(dict.fromkeys(text for value in values if (text := as_text(value))))
        if distinct:
            fields.setdefault(name, distinct)


def _add_request(fields: Section, request: Section, response: Section) -> None:
    headers: dict[str, FieldValue] = {}
    for name, value in as_object(request.get("headers")).items():
        headers.setdefault(name.lower(), value[0] if isinstance(value, list) and value else value)
    add_request(
        fields,
        target=as_text(request.get("uri")),
        method=request.get("method"),
        status=response.get("status"),
        host=headers.get("host"),
        agent=headers.get("user-agent"),
        referrer=headers.get("referer"),
    )
    fields.setdefault("src_ip", fields.get("c-ip"))


def _time(transaction: Section) -> datetime | None:
    unix = transaction.get("unix_timestamp")
    if isinstance(unix, int) and not isinstance(unix, bool):
        return parse_time(unix / 1_000_000_000 if unix > 1e17 else unix)
    for name in _TIMES:
        text = as_text(transaction.get(name))
        time = read_written_time(text) or parse_time(text.replace("/", "-", 2)) or _from_calendar(text)
        if time is not None:
            return time
    return None


def _from_calendar(text: str) -> datetime | None:
    """`Sun Nov 22 08:26:49 2026`, as C's asctime writes."""
    parts = text.split()
    return read_written_time(f"{parts[1]} {parts[2]} {parts[4]} {parts[3]}") if len(parts) == 5 else None


def _entities(fields: Section) -> tuple[Entity, ...]:
    found = EntityList()
    found.ip(fields.get("c-ip"))
    found.domain(as_text(fields.get("cs-host")).partition(":")[0])
    return found.found()


def _summary(fields: Section) -> str:
    texts = fields.get("rule_message")
    told = as_text(texts[0]) if isinstance(texts, list) and texts else "audited"
    verb = "blocked" if fields.get("blocked") is True else "saw"
    what = f"{as_text(fields.get('cs-method'))} {as_text(fields.get('cs-host'))}{as_text(fields.get('cs-uri'))}"
    return f"WAF {verb} {what} from {as_text(fields.get('c-ip'))}: {told}"
