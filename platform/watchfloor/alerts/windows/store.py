"""Windows in the database: loaded for the groups that a batch touches, written back in the batch's transaction.

Owns the row: its index is the blind index of the group's digest, its state is sealed and bound to that index, so that
neither shows who is in the group. Under a new tenant key an old row is found by its old index and moves. A state whose
correlation has changed since belongs to no group any more; it expires by itself.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.windows import queries
from watchfloor.detect.correlate.correlator import Correlator, Group
from watchfloor.detect.correlate.window import Window, expiry_of
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx

_TABLE: Final = "wf.correlation_windows"
_COLUMN: Final = "state"
_ROUNDING: Final = 600
"""Times are rounded up to so many seconds, so that a row that is rewritten often seldom changes its index entries."""

_UNCLOSED: Final = timedelta(days=1)
"""How long a window that should be closed waits for a process that knows its correlation."""

_STRANGER_WAITS: Final = timedelta(minutes=10)


class _State(msgspec.Struct, array_like=True):
    """What a row holds: the correlation as `Step.name`, the digest of the group, and its window."""

    name: str
    digest: bytes
    window: Window


class WindowStore:
    """The windows that one transaction works with. Not safe to share."""

    def __init__(self, tx: TenantTx, cipher: TenantCipher, correlator: Correlator) -> None:
        self._tx = tx
        self._cipher = cipher
        self._correlator = correlator
        self._indexes: dict[Group, tuple[bytes, ...]] = {}
        self._moved: set[bytes] = set()
        self._stored: set[bytes] = set()
        self.windows: dict[Group, Window] = {}

    async def load(self, groups: Iterable[Group]) -> None:
        """Loads the windows of the groups that are not loaded yet; an unknown group has an empty one."""
        wanted = [group for group in groups if group not in self.windows]
        indexes = [index for group in wanted for index in self._indexes_of(group)]
        if not indexes:
            return
        self._open(await queries.select_windows(self._tx, indexes))
        for group in wanted:
            self.windows.setdefault(group, Window())

    async def load_due(self, *, at: datetime, limit: int) -> int:
        """Loads windows that can be closed at that time, and says how many rows there were."""
        rows = await queries.select_due(self._tx, at=at, limit=limit)
        strangers = self._open(rows)
        if strangers:
            later = at + _STRANGER_WAITS
            await queries.upsert_windows(self._tx, [_put_off(row, state, later) for row, state in strangers])
        return len(rows)

    async def save(self, changed: Iterable[Group], sealed: Sequence[queries.KeptWindow]) -> None:
        """Writes what `seal` made of the changed windows; deletes those that are empty, and rows that moved."""
        kept = {row.window_index for row in sealed}
        gone = {self._indexes_of(group)[0] for group in changed} - kept
        if sealed:
            await queries.upsert_windows(self._tx, sealed)
        if unwanted := (gone & self._stored) | self._moved:
            await queries.delete_windows(self._tx, list(unwanted))

    def seal(self, changed: Iterable[Group]) -> list[queries.KeptWindow]:
        """The changed windows as rows, empty ones left out. Computes only: may run in a thread."""
        return [self._sealed(group) for group in dict.fromkeys(changed) if self.windows[group].entries]

    def _sealed(self, group: Group) -> queries.KeptWindow:
        step, window, index = self._correlator.steps[group[0]], self.windows[group], self._indexes_of(group)[0]
        state = msgspec.msgpack.encode(_State(step.name, group[1], window))
        due = self._correlator.due(group, window)
        due_at = None if due is None else _rounded(due)
        expires_at = _rounded(expiry_of(window))
        return queries.KeptWindow(
            window_index=index,
            rule_id=step.name.partition(".")[0],
            state=self._cipher.seal(state, table=_TABLE, column=_COLUMN, row=index.hex()),
            due_at=due_at,
            expires_at=expires_at if due_at is None else max(expires_at, due_at) + _UNCLOSED,
        )

    def _open(self, rows: Iterable[queries.WindowRow]) -> list[tuple[queries.WindowRow, _State]]:
        """Takes the windows in, and returns the rows of correlations that this process does not know."""
        strangers: list[tuple[queries.WindowRow, _State]] = []
        for row in rows:
            plain = self._cipher.open_(row.state, table=_TABLE, column=_COLUMN, row=row.window_index.hex())
            state = msgspec.msgpack.decode(plain, type=_State)
            number = self._correlator.numbers.get(state.name)
            if number is None:
                strangers.append((row, state))
                continue
            group = (number, state.digest)
            newest = self._indexes_of(group)[0]
            if row.window_index == newest:
                self._stored.add(newest)
            else:
                self._moved.add(row.window_index)
            self.windows[group] = state.window
        return strangers

    def _indexes_of(self, group: Group) -> tuple[bytes, ...]:
        found = self._indexes.get(group)
        if found is None:
            kind = f"correlation.{self._correlator.steps[group[0]].name}"
            found = self._indexes[group] = self._cipher.index_candidates(kind, group[1].hex())
        return found


def _put_off(row: queries.WindowRow, state: _State, later: datetime) -> queries.KeptWindow:
    return queries.KeptWindow(
        window_index=row.window_index,
        rule_id=state.name.partition(".")[0],
        state=row.state,
        due_at=later,
        expires_at=_rounded(expiry_of(state.window)) + _UNCLOSED,
    )


def _rounded(second: int) -> datetime:
    return datetime.fromtimestamp(-(-second // _ROUNDING) * _ROUNDING, UTC)
