"""Which columns of a tenant's tables are sealed, where each seal stands, and what is inside: for the export.

The modules that seal own their places; this is what an export has to know of all of them. A test goes over every
`bytea` column of the schema, so that a new one is either named here or known not to be a seal.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeAlias, cast

import msgspec
import zstandard

from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.kernel.crypto import TenantCipher, Unopenable

Row: TypeAlias = dict[str, object]
Form = Literal["text", "json", "packed_json", "packed", "bytes", "batch"]

_MOST_BYTES: Final = 256 * 1024 * 1024


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """One sealed column: the place that its seals are bound to, and the form of what they hold."""

    label: str
    place: Callable[[Row], str]
    form: Form


def _id(row: Row) -> str:
    return str(row["id"])


def _hex(value: object) -> str:
    return str(value).removeprefix("\\x")


def _of_event(row: Row) -> str:
    return f"{row['alert_id']}:{_hex(row['event_key'])}"


def _of_alert_entity(row: Row) -> str:
    return f"{row['alert_id']}:{row['kind']}:{_hex(row['value_index'])}"


def _of_incident_entity(row: Row) -> str:
    return f"{row['incident_id']}:{row['kind']}:{_hex(row['value_index'])}"


def _of_answer(row: Row) -> str:
    return f"{row['query_id']}:{row['node_id']}"


def _of_block(row: Row) -> str:
    return f"{row['carve_id']}:{row['number']}"


def _of_address(row: Row) -> str:
    return _hex(row["address_index"])


SEALS: Final[dict[tuple[str, str], Seal]] = {
    ("tenants", "contacts"): Seal(label="tenants", place=lambda row: str(row["tenant_id"]), form="json"),
    ("audit_details", "sealed"): Seal(label="audit_details", place=lambda row: str(row["entry_id"]), form="json"),
    ("intake_batches", "body"): Seal(label="intake_batches", place=_id, form="batch"),
    ("intake_batches", "metadata"): Seal(label="intake_batches", place=_id, form="bytes"),
    ("quarantine", "body"): Seal(label="quarantine", place=_id, form="bytes"),
    ("quarantine", "context"): Seal(label="quarantine", place=_id, form="bytes"),
    ("alert_events", "body"): Seal(label="wf.alert_events", place=_of_event, form="packed_json"),
    ("alert_entities", "value"): Seal(label="wf.alert_entities", place=_of_alert_entity, form="text"),
    ("incident_entities", "value"): Seal(label="wf.incident_entities", place=_of_incident_entity, form="text"),
    ("incident_timeline", "body"): Seal(label="wf.incident_timeline", place=_id, form="json"),
    ("incidents", "verdict_reason"): Seal(label="wf.incidents", place=_id, form="text"),
    ("correlation_windows", "state"): Seal(
        label="wf.correlation_windows", place=lambda row: _hex(row["window_index"]), form="bytes"
    ),
    ("rule_settings", "reason"): Seal(label="wf.rule_settings", place=lambda row: str(row["rule_id"]), form="text"),
    ("rule_exceptions", "body"): Seal(label="wf.rule_exceptions", place=_id, form="json"),
    ("exception_requests", "body"): Seal(label="wf.exception_requests", place=_id, form="json"),
    ("rule_lists", "body"): Seal(label="wf.rule_lists", place=lambda row: str(row["name"]), form="json"),
    ("first_bodies", "document"): Seal(label="first_bodies", place=_id, form="packed"),
    ("unparsed_sources", "sketch"): Seal(label="unparsed_sources", place=lambda row: str(row["shape"]), form="text"),
    ("unparsed_sources", "samples"): Seal(label="unparsed_sources", place=lambda row: str(row["shape"]), form="packed"),
    ("osquery_nodes", "host"): Seal(label="osquery_nodes", place=_id, form="json"),
    ("osquery_configurations", "body"): Seal(
        label="osquery_configurations", place=lambda row: str(row["version"]), form="json"
    ),
    ("osquery_queries", "sql"): Seal(label="osquery_queries", place=_id, form="text"),
    ("osquery_answers", "body"): Seal(label="osquery_answers", place=_of_answer, form="packed_json"),
    ("actions", "payload"): Seal(label="wf.actions", place=_id, form="json"),
    ("actions", "outcome"): Seal(label="wf.actions", place=_id, form="text"),
    ("blocklist", "value"): Seal(
        label="wf.blocklist", place=lambda row: f"{row['kind']}:{_hex(row['value_index'])}", form="text"
    ),
    ("handovers", "body"): Seal(label="wf.handovers", place=lambda row: _hex(row["digest"]), form="json"),
    ("oncall_overrides", "reason"): Seal(label="wf.oncall_overrides", place=_id, form="text"),
    ("asset_weights", "value"): Seal(
        label="wf.asset_weights", place=lambda row: f"{row['kind']}:{_hex(row['value_index'])}", form="text"
    ),
    ("connectors", "settings"): Seal(label="connectors", place=lambda row: str(row["feed_id"]), form="json"),
    ("breach_cases", "document"): Seal(label="wf.breach_cases", place=_id, form="json"),
    ("breach_entries", "before"): Seal(label="wf.breach_entries", place=_id, form="json"),
    ("breach_entries", "after"): Seal(label="wf.breach_entries", place=_id, form="json"),
    ("breach_notices", "snapshot"): Seal(label="wf.breach_notices", place=_id, form="json"),
    ("breach_notice_steps", "body"): Seal(label="wf.breach_notice_steps", place=_id, form="json"),
    ("breach_receipts", "name"): Seal(label="wf.breach_receipts", place=_id, form="text"),
    ("breach_receipts", "content"): Seal(label="wf.breach_receipts", place=_id, form="bytes"),
    ("breach_holds", "reason"): Seal(label="wf.breach_holds", place=_id, form="text"),
    ("evidence_entries", "note"): Seal(label="wf.evidence_entries", place=_id, form="text"),
    ("evidence_entries", "document_name"): Seal(label="wf.evidence_entries", place=_id, form="text"),
    ("brandings", "logo"): Seal(label="wf.brandings", place=lambda row: str(row["tenant_id"]), form="bytes"),
    ("brandings", "details"): Seal(label="wf.brandings", place=lambda row: str(row["tenant_id"]), form="json"),
    ("report_recipients", "address"): Seal(label="wf.report_recipients", place=_of_address, form="text"),
    ("report_deliveries", "address"): Seal(label="wf.report_recipients", place=_of_address, form="text"),
    ("osquery_carve_blocks", "body"): Seal(label="osquery_carve_blocks", place=_of_block, form="bytes"),
}
"""By table and column."""

WITHHELD: Final = frozenset({("tenant_keys", "wrapped"), ("connectors", "secrets"), ("lake_segments", "key")})
"""Columns that leave with nobody: key material, and what opens the customer's accounts at vendors."""


def opened(cipher: TenantCipher, table: str, row: Row) -> tuple[Row, int]:
    """A row with its seals opened, and how many could not be. Such a value stays as it is, in hexadecimal."""
    faults = 0
    done: Row = {}
    for column, value in row.items():
        seal = SEALS.get((table, column))
        if (table, column) in WITHHELD:
            continue
        if seal is None or value is None:
            done[column] = value
            continue
        try:
            sealed = bytes.fromhex(_hex(value))
            done[column] = _content(
                cipher.open_(sealed, table=seal.label, column=column, row=seal.place(row)), seal.form
            )
        except (Unopenable, ValueError, zstandard.ZstdError, msgspec.DecodeError):
            faults += 1
            done[column] = value
    return done, faults


def _content(plain: bytes, form: Form) -> object:
    match form:
        case "text":
            return plain.decode("utf-8", "replace")
        case "json":
            return cast("object", msgspec.json.decode(plain))
        case "packed_json":
            unpacked = zstandard.ZstdDecompressor().decompress(plain, max_output_size=_MOST_BYTES)
            return cast("object", msgspec.json.decode(unpacked))
        case "packed":
            return _readable(msgspec.msgpack.decode(plain))
        case "bytes":
            return _text_or_base64(plain)
        case "batch":
            events = unpack(plain, SentEvent)
            return [{**_known(event), "body": _text_or_base64(event.body)} for event in events]


def _known(event: SentEvent) -> Row:
    return cast("Row", msgspec.to_builtins(msgspec.structs.replace(event, body=b"")))


def _readable(value: object) -> object:
    """What was packed, with bytes as text where they are text."""
    if isinstance(value, bytes):
        return _text_or_base64(value)
    if isinstance(value, list):
        return [_readable(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {str(name): _readable(item) for name, item in cast("dict[object, object]", value).items()}
    return value


def _text_or_base64(plain: bytes) -> object:
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": cast("object", msgspec.to_builtins(plain))}
