"""Turns what a server wrote when it failed to start into one sentence for a person."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.ops.embedded.ports import in_use

_FULL: Final = ("No space left on device", "Disk quota exceeded")
_PORT_TAKEN: Final = ("Address already in use", "could not create any TCP/IP sockets", "Failed listening on port")
_KERNEL_LIMITS: Final = ("could not create shared memory segment", "could not create semaphores")
_TELLING: Final = ("PANIC:", "FATAL:", "error:", "ERROR:", "Fatal", "Bad file format", "# ")


def explain(server: str, said: Sequence[str], *, home: Path, port: int, setting: str) -> WatchfloorError:
    """The error for a `server` that ended while starting, having `said` these lines."""
    text = "\n".join(said)
    if any(sign in text for sign in _FULL):
        return Unavailable(
            f"{server} cannot start: the disk is full.",
            where=str(home),
            remedy="Free some space (a few hundred MB to start) and start again; nothing stored is lost.",
        )
    if any(sign in text for sign in _PORT_TAKEN):
        return in_use(port, server=server, setting=setting)
    if any(sign in text for sign in _KERNEL_LIMITS):
        return Unavailable(
            f"{server} cannot start: the kernel's limits for shared memory are used up.",
            where=str(home),
            remedy="Raise kernel.shmmni, kernel.shmall and kernel.sem with sysctl, or end other database servers.",
        )
    return Unavailable(f"{server} cannot start: {_reason(said)}", where=str(home / "log"))


def _reason(said: Sequence[str]) -> str:
    """The line that tells most: the last serious one, else the last."""
    lines = [line.strip() for line in said if line.strip()]
    serious = [line for line in lines if any(sign in line for sign in _TELLING)]
    chosen = (serious or lines or ["it ended without a word."])[-1]
    for sign in ("PANIC:", "FATAL:", "error:"):
        chosen = chosen.partition(sign)[2].strip() or chosen
    return chosen if chosen.endswith((".", "!", "?")) else f"{chosen}."
