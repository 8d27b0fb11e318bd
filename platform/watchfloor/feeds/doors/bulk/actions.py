"""The bodies of the bulk protocol: lines in pairs, an action and the document that it is about.

Owns what an action means here and what becomes of it. Events are only ever added, so `index`, `create` and `update`
take their document as an event, and `delete` finds nothing. A line that is no action makes everything behind it
doubtful, so the whole body is refused; a document that cannot be read costs only its own action. Pure.
"""

import hashlib
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.documents import lines, without_lone_surrogates
from watchfloor.feeds.limits import EVENTS
from watchfloor.kernel.crypto import bind
from watchfloor.kernel.errors import Invalid, TooLarge

Verb: TypeAlias = Literal["index", "create", "update", "delete"]
Outcome: TypeAlias = Literal["created", "updated", "not_found"]

LONGEST_INDEX: Final = 255
LONGEST_ID: Final = 512
"""Both in bytes of UTF-8, as in Elasticsearch."""

_LONGEST_PIPELINE: Final = 255
_EXPECTED: Final = "expected an object with one of [create], [delete], [index], [update] and its metadata"


class Malformed(Invalid):
    """The body is not in lines of actions and documents. Nothing of it was taken. `kind` is Elasticsearch's word."""

    code = "malformed_bulk"

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Fault(msgspec.Struct, frozen=True):
    """Why one action was not done: Elasticsearch's status and word for it, and a reason for people."""

    status: int
    kind: str
    reason: str


class Item(msgspec.Struct, frozen=True):
    """What became of one action. `id` is the sender's own, or None when it left the numbering to us."""

    verb: Verb
    index: str
    id: str | None
    outcome: Outcome | Fault


class _Metadata(msgspec.Struct, frozen=True):
    index: str | None = msgspec.field(default=None, name="_index")
    id: str | int | float | None = msgspec.field(default=None, name="_id")
    pipeline: str | None = None


class _ActionLine(msgspec.Struct, frozen=True):
    index: _Metadata | msgspec.UnsetType = msgspec.UNSET
    create: _Metadata | msgspec.UnsetType = msgspec.UNSET
    update: _Metadata | msgspec.UnsetType = msgspec.UNSET
    delete: _Metadata | msgspec.UnsetType = msgspec.UNSET


class _Update(msgspec.Struct, frozen=True):
    doc: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    upsert: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Action(msgspec.Struct, frozen=True):
    verb: Verb
    index: str
    id: str | None
    fields: dict[str, str]
    fault: Fault | None


_ACTION_LINES: Final = msgspec.json.Decoder(_ActionLine)
_UPDATES: Final = msgspec.json.Decoder(_Update)
_SCANNER: Final = msgspec.json.Decoder(msgspec.Raw)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Reader:
    """Reads one body, once or again after more is known, and keeps what becomes of each action.

    `known` has the documents that the sender sent before, by `document_key`: the digest of what it sent, or nothing
    when that was something else. `taken` has those that this body adds or replaces, by the same key.
    """

    def __init__(self, *, index: str, pipeline: str | None) -> None:
        """`index` and `pipeline` hold where an action names none."""
        self._index = index
        self._pipeline = pipeline
        self._packer = Packer()
        self._last: tuple[bytes, _Action] | None = None
        self.known: dict[bytes, bytes] = {}
        self.taken: dict[bytes, bytes] = {}
        self.items: list[Item] = []

    def read(self, body: bytes | bytearray) -> PackedBatch | None:
        """The batch of what could be taken; None when there is nothing. Raises Malformed and TooLarge."""
        self._packer = Packer()
        self.items, self.taken = [], {}
        numbered = enumerate(lines(without_lone_surrogates(body)), 1)
        for number, line in numbered:
            if len(self.items) >= EVENTS:
                raise TooLarge(f"The request has more than {EVENTS} actions.", remedy="Send smaller batches.")
            action = self._action(line, number)
            outcome = self._deleted(action) if action.verb == "delete" else self._added(action, _next(numbered))
            self.items.append(Item(action.verb, action.index, action.id, outcome))
        if not self.items:
            raise Malformed("parse_exception", "request body is required")
        return self._finished()

    def _finished(self) -> PackedBatch | None:
        if self._packer.events == 0:
            return None
        try:
            return self._packer.finish()
        except Invalid as fault:
            refused = Fault(400, "mapper_parsing_exception", fault.message)
            self.items = [
                item if isinstance(item.outcome, Fault) else Item(item.verb, item.index, item.id, refused)
                for item in self.items
            ]
            self.taken = {}
            return None

    def _action(self, line: bytes, number: int) -> _Action:
        # A shipper's action lines are mostly all the same.
        if self._last is not None and self._last[0] == line:
            return self._last[1]
        try:
            read = _ACTION_LINES.decode(line)
        except _UNREADABLE:
            raise _malformed(number) from None
        given: tuple[tuple[Verb, _Metadata | msgspec.UnsetType], ...] = (
            ("index", read.index),
            ("create", read.create),
            ("update", read.update),
            ("delete", read.delete),
        )
        actions = [self._understood(verb, named) for verb, named in given if not isinstance(named, msgspec.UnsetType)]
        if len(actions) != 1:
            raise _malformed(number)
        action = actions[0]
        self._last = (line, action)
        return action

    def _understood(self, verb: Verb, metadata: _Metadata) -> _Action:
        index = metadata.index or self._index
        sent_id = None if metadata.id is None else str(metadata.id)
        pipeline = metadata.pipeline or self._pipeline
        fields = {"_index": index}
        if pipeline:
            fields["_pipeline"] = pipeline[:_LONGEST_PIPELINE]
        fault = _fault_of(index, sent_id, is_new=verb in {"index", "create"})
        if fault is not None:  # what is too long is not said back in full
            index, sent_id = index[:LONGEST_INDEX], None if sent_id is None else sent_id[:LONGEST_ID]
        return _Action(verb, index, sent_id, fields, fault)

    def _deleted(self, action: _Action) -> Outcome | Fault:
        return action.fault or "not_found"

    def _added(self, action: _Action, line: bytes) -> Outcome | Fault:
        if action.fault is not None:
            return action.fault
        try:
            document = _updated(line) if action.verb == "update" else _object(line)
        except _UNREADABLE as error:
            return Fault(400, "mapper_parsing_exception", f"failed to parse: {_told(error)}")
        if action.id is None:
            self._packer.add(_event(document, action, identity=()))
            return "created"
        return self._numbered(action, action.id, document)

    def _numbered(self, action: _Action, sent_id: str, document: bytes) -> Outcome | Fault:
        key, content = document_key(action.index, sent_id), hashlib.sha256(document).digest()
        before = self.taken.get(key, self.known.get(key))
        if before is not None and action.verb == "create":
            reason = f"[{sent_id}]: version conflict, document already exists (current version [1])"
            return Fault(409, "version_conflict_engine_exception", reason)
        if before != content:
            identity = (action.index, sent_id) if action.verb == "create" else (action.index, sent_id, content.hex())
            self._packer.add(_event(document, action, identity=identity))
            self.taken[key] = content
        return "created" if before is None else "updated"


def document_key(index: str, sent_id: str) -> bytes:
    """What a numbered document is known by within its feed."""
    return hashlib.sha256(bind(*(part.encode("utf-8", "surrogatepass") for part in (index, sent_id)))).digest()


def _event(document: bytes, action: _Action, *, identity: tuple[str, ...]) -> SentEvent:
    return SentEvent(body=document, source=action.index, fields=action.fields, identity=identity)


def _object(line: bytes) -> bytes:
    """The line, if it is a JSON object and nothing else. Raises one of `_UNREADABLE`."""
    if line.lstrip()[:1] != b"{":
        raise msgspec.DecodeError("the document is not an object")
    _SCANNER.decode(line)
    return line


def _updated(line: bytes) -> bytes:
    """The document of an update: the part that changes, or what is added when there is none yet."""
    update = _UPDATES.decode(line)
    given = update.upsert if update.doc is msgspec.UNSET else update.doc
    if given is msgspec.UNSET:
        raise msgspec.DecodeError("the update has neither [doc] nor [upsert]; scripts are not run")
    return _object(bytes(given).rstrip())


def _fault_of(index: str, sent_id: str | None, *, is_new: bool) -> Fault | None:
    if len(index.encode("utf-8", "surrogatepass")) > LONGEST_INDEX:
        return Fault(400, "invalid_index_name_exception", f"index name is longer than {LONGEST_INDEX} bytes")
    if sent_id is None:
        return None if is_new else Fault(400, "action_request_validation_exception", "an id must be provided")
    if sent_id == "":
        return Fault(400, "illegal_argument_exception", "if _id is specified it must not be empty")
    if len(sent_id.encode("utf-8", "surrogatepass")) > LONGEST_ID:
        return Fault(400, "illegal_argument_exception", f"id is too long, must be no longer than {LONGEST_ID} bytes")
    return None


def _next(numbered: "Iterator[tuple[int, bytes]]") -> bytes:
    following = next(numbered, None)
    if following is None:
        raise Malformed("illegal_argument_exception", "The last action has no document; the body is cut off")
    return following[1]


def _malformed(number: int) -> Malformed:
    return Malformed("illegal_argument_exception", f"Malformed action/metadata line [{number}], {_EXPECTED}")


def _told(error: Exception) -> str:
    return "it nests too deep" if isinstance(error, RecursionError) else str(error)
