"""The program inside the sandbox: one report in on standard input, one answer out on standard output, then end.

Owns the wire format of that conversation. The answer is one line of JSON, an `Answer`, followed by the PDF if
there is one. Standard error says nothing about the report. Started by `reports.sandbox` and by nobody else.
"""

import sys
import tempfile
import traceback
from pathlib import Path
from typing import Final

import msgspec

from reports.confinement import Limits, confine, limit_resources
from reports.sheet import Place
from watchfloor.kernel.errors import TooLarge, WatchfloorError


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of it. Without an `error` a PDF of `pages` pages and `length` bytes follows."""

    error: str | None = None
    message: str = ""
    where: str | None = None
    remedy: str | None = None
    pages: int = 0
    length: int = 0
    seal: Place | None = None


CRASHED: Final = "crashed"
OUT_OF_MEMORY: Final = "The report needs more memory than one may take."


def main(arguments: list[str]) -> int:
    """Render the report on standard input under the limits given as JSON in the first argument."""
    limit_resources(msgspec.json.decode(arguments[0], type=Limits))
    try:
        answer, pdf = _work()
    except WatchfloorError as fault:
        answer, pdf = Answer(error=fault.code, message=fault.message, where=fault.where, remedy=fault.remedy), b""
    except MemoryError:
        answer, pdf = Answer(error=TooLarge.code, message=OUT_OF_MEMORY, where="report"), b""
    except Exception as fault:  # noqa: BLE001  # the edge of this process: a crash is told without the report's text
        answer, pdf = Answer(error=CRASHED, message=type(fault).__name__, where=_place(fault)), b""
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n" + pdf)
    sys.stdout.buffer.flush()
    return 0


def _work() -> tuple[Answer, bytes]:
    # Loaded under the limits, and before the walls, which take away loading from foreign places.
    from reports.handover import decode  # noqa: PLC0415
    from reports.press import Press  # noqa: PLC0415
    from reports.printed import coverage  # noqa: PLC0415
    from reports.render import render  # noqa: PLC0415

    press = Press()
    coverage()
    confine(Path(tempfile.gettempdir()))
    printed = render(decode(sys.stdin.buffer.read()), press)
    return Answer(pages=printed.pages, length=len(printed.pdf), seal=printed.seal), printed.pdf


def _place(fault: BaseException) -> str:
    """Module and line where it broke, without any value."""
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
