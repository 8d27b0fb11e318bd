"""How a report ended, as the audit log keeps the hash of it."""

from typing import Final, Literal

import msgspec

FINISH: Final = "report.finish"
FAIL: Final = "report.fail"


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The state that is audited. From a file that is as it was, `reports.signing.ledger` makes the same anew.

    `sha256` (hexadecimal, as both) is that of the signed file, `unsigned_sha256` that of the file before, which the
    same facts give each time.
    """

    state: Literal["ready", "failed"]
    sha256: str | None = None
    unsigned_sha256: str | None = None
    error: str | None = None
