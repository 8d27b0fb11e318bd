"""How documents are written for the doors that a replay can send to, as those doors' own clients write them."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from watchfloor.feeds.feed import Door
from watchfloor.kernel.errors import Invalid


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A door's way of taking documents: where to (`{feed}` is the feed's name), how to show the token, the body."""

    path: str
    scheme: str
    content_type: str
    write: Callable[[Sequence[bytes]], bytes]


def form_of(door: Door) -> Form:
    """The form of a door. Raises Invalid for one that is not spoken to over HTTP."""
    form = _FORMS.get(door)
    if form is None:
        raise Invalid(f"Nothing can be replayed through the {door} door.", remedy="Use a feed at the ndjson door.")
    return form


def _json(document: bytes) -> bytes:
    """The document, or text as a JSON string."""
    return document if document.startswith(b"{") else msgspec.json.encode(document.decode("utf-8", "replace"))


def _hec(documents: Sequence[bytes]) -> bytes:
    return b"".join(b'{"event":%s}\n' % _json(document) for document in documents)


def _ndjson(documents: Sequence[bytes]) -> bytes:
    return b"".join(document + b"\n" for document in documents)


def _bulk(documents: Sequence[bytes]) -> bytes:
    return b"".join(b'{"create":{"_index":"replay"}}\n%s\n' % document for document in documents)


def _otlp(documents: Sequence[bytes]) -> bytes:
    records = [{"body": {"stringValue": document.decode("utf-8", "replace")}} for document in documents]
    return msgspec.json.encode({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})


_FORMS: Final[dict[Door, Form]] = {
    "hec": Form(path="/services/collector/event", scheme="Splunk", content_type="application/json", write=_hec),
    "ndjson": Form(path="/ingest/v1/{feed}", scheme="Bearer", content_type="application/x-ndjson", write=_ndjson),
    "bulk": Form(path="/_bulk", scheme="ApiKey", content_type="application/x-ndjson", write=_bulk),
    "otlp": Form(path="/v1/logs", scheme="Bearer", content_type="application/json", write=_otlp),
}
