"""The last step before a child program: lower the rights, tie its life to ours, become it.

Run as a script, never imported, with nothing but the standard library: by the time the account is
lowered, the interpreter's own files may be out of reach, so all that is needed is loaded before.

    launcher.py run PARENT SIGNAL ACCOUNT PROGRAM [ARGUMENT...]
    launcher.py probe ACCOUNT PATH...

ACCOUNT is `uid:gid`, or `-` to stay who we are. `run` asks the kernel to send SIGNAL to the program when
process PARENT dies (Linux, prctl(2) PR_SET_PDEATHSIG; it must come after the change of account, which
clears it), so that a `kill -9` of the supervisor leaves nothing behind. `probe` prints the first
directory or file on the way to a PATH that the account cannot pass, and nothing if there is none.

Exit codes of `run` before the program has taken over: 70 the account cannot be taken, 71 the program
cannot be started, 72 the parent was already gone.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final, NoReturn

NO_ACCOUNT: Final = 70
NO_PROGRAM: Final = 71
NO_PARENT: Final = 72

_PR_SET_PDEATHSIG: Final = 1


def _become(account: str) -> None:
    """Give up root for `account` for good, with no supplementary groups."""
    if account == "-":
        return
    uid, gid = (int(part) for part in account.split(":"))
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as fault:
        sys.stderr.write(f"FATAL:  cannot run as account {account}: {fault.strerror}\n")
        raise SystemExit(NO_ACCOUNT) from None


def _run(parent: int, death_signal: int, account: str, argv: list[str]) -> NoReturn:
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    os.umask(0o077)
    _become(account)
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(NO_PARENT)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    try:
        os.execv(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as fault:
        sys.stderr.write(f"FATAL:  cannot start {argv[0]}: {fault.strerror}\n")
        raise SystemExit(NO_PROGRAM) from None


def _probe(account: str, paths: list[str]) -> None:
    _become(account)
    for path in map(Path, paths):
        for step in (*reversed(path.parents), path):
            needed = os.X_OK if step.is_dir() else os.R_OK
            if not os.access(step, needed):
                sys.stdout.write(f"{step}\n")
                return


def main(arguments: list[str]) -> None:
    """Do what the command line says; see the module's text."""
    if arguments[0] == "run":
        parent, death_signal, account, *argv = arguments[1:]
        _run(int(parent), int(death_signal), account, argv)
    _probe(arguments[1], arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
