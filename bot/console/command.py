"""What an analyst types: verbs with their arguments, read into commands.

Pure. Free text (a note, a reason) is the rest of the line as it was typed, so that apostrophes and quotes need no
care. An incident may be left out where one is open in front of the reader.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from watchfloor.incidents.incident import VerdictKind
from watchfloor.kernel.errors import Invalid


class Verb(StrEnum):
    """What can be asked for."""

    QUEUE = "queue"
    SHOW = "show"
    ACK = "ack"
    ASSIGN = "assign"
    VERDICT = "verdict"
    NOTE = "note"
    CONTAIN = "contain"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    REPORT = "report"
    WHOAMI = "whoami"
    HELP = "help"
    QUIT = "quit"


class Manual(msgspec.Struct, frozen=True, kw_only=True):
    """How a verb is used and what it does."""

    usage: str
    does: str


MANUAL: Final[dict[Verb, Manual]] = {
    Verb.QUEUE: Manual(usage="queue [open|done|all]", does="the incidents of your tenants, the most urgent first"),
    Verb.SHOW: Manual(usage="show REF", does="an incident's card and timeline"),
    Verb.ACK: Manual(usage="ack [REF]", does="say that you look at it; what nobody has becomes yours"),
    Verb.ASSIGN: Manual(usage="assign [REF] me|PERSON", does="put a colleague in charge, by mail address or its start"),
    Verb.VERDICT: Manual(
        usage="verdict [REF] true_positive|benign|false_positive|inconclusive REASON",
        does="say what it was; the customer reads the reason (short forms: tp, fp)",
    ),
    Verb.NOTE: Manual(usage="note [REF] TEXT", does="add a note to the timeline"),
    Verb.CONTAIN: Manual(usage="contain [REF]", does="say that it can spread no further"),
    Verb.RESOLVE: Manual(usage="resolve [REF]", does="say that the work is done; needs a verdict"),
    Verb.CLOSE: Manual(usage="close [REF]", does="put a resolved incident away"),
    Verb.REOPEN: Manual(usage="reopen [REF]", does="take it up again"),
    Verb.REPORT: Manual(usage="report [REF] [LANGUAGE]", does="have the customer's PDF made"),
    Verb.WHOAMI: Manual(usage="whoami", does="who you are here, and what you may do for whom"),
    Verb.HELP: Manual(usage="help [VERB]", does="this"),
    Verb.QUIT: Manual(usage="quit", does="leave; Ctrl-D does too"),
}

SYNONYMS: Final[dict[str, Verb]] = {
    "q": Verb.QUEUE,
    "ls": Verb.QUEUE,
    "acknowledge": Verb.ACK,
    "take": Verb.ACK,
    "open": Verb.SHOW,
    "s": Verb.SHOW,
    "v": Verb.VERDICT,
    "who": Verb.WHOAMI,
    "?": Verb.HELP,
    "exit": Verb.QUIT,
}

VERDICT_NAMES: Final[dict[str, VerdictKind]] = {
    "true_positive": "true_positive",
    "tp": "true_positive",
    "benign": "benign",
    "false_positive": "false_positive",
    "fp": "false_positive",
    "inconclusive": "inconclusive",
}

QUEUES: Final = ("open", "done", "all")

TAKES_REFERENCE: Final = frozenset(
    {
        Verb.SHOW,
        Verb.ACK,
        Verb.ASSIGN,
        Verb.VERDICT,
        Verb.NOTE,
        Verb.CONTAIN,
        Verb.RESOLVE,
        Verb.CLOSE,
        Verb.REOPEN,
        Verb.REPORT,
    }
)

_REFERENCE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}-[0-9]{1,18}")
_QUOTES: Final = ('""', "''", "“”", "„“", "«»")


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, understood. Which arguments there are depends on the verb; free text is in `text`."""

    verb: Verb
    reference: str = ""
    argument: str = ""
    text: str = ""


def read(line: str, *, current: str | None) -> Command | None:
    """The command in a line, or None when the line is empty. `current` is the incident in front of the reader.

    Raises Invalid, with the usage, for what cannot be understood.
    """
    word, rest = _split(line)
    if not word:
        return None
    verb = find_verb(word)
    if verb in TAKES_REFERENCE:
        return _about_an_incident(verb, rest, current)
    argument, more = _split(rest)
    argument = argument.lower()
    if more or (argument and verb not in (Verb.QUEUE, Verb.HELP)):
        raise _misused(verb, "There is more on the line than I understand.")
    if verb is Verb.QUEUE and argument and argument not in QUEUES:
        raise _misused(verb, "There is no such queue.")
    return Command(verb=verb, argument=argument)


def find_verb(word: str) -> Verb:
    """The verb that a word stands for. Raises Invalid, with the nearest ones, for a word that is none."""
    name = word.lower()
    if name in SYNONYMS:
        return SYNONYMS[name]
    try:
        return Verb(name)
    except ValueError:
        near = [verb for verb in Verb if name and verb.startswith(name[0])]
        hint = f"Did you mean {' or '.join(near)}?" if near else "Type help for what there is."
        raise Invalid("There is no such command.", remedy=hint) from None


def _about_an_incident(verb: Verb, rest: str, current: str | None) -> Command:
    first, after = _split(rest)
    if _REFERENCE.fullmatch(first):
        reference, rest = first, after
    elif current is not None and not (verb is Verb.SHOW and first):
        reference = current
    else:
        raise _misused(verb, "Which incident?" if not first else "That is no incident's reference, such as ACME-12.")
    if verb is Verb.NOTE:
        return Command(verb=verb, reference=reference, text=_needed(verb, _unquoted(rest), "What is the note?"))
    if verb is Verb.VERDICT:
        return _verdict(reference, rest)
    argument, more = _split(rest)
    if more or (argument and verb not in (Verb.ASSIGN, Verb.REPORT)):
        raise _misused(verb, "There is more on the line than I understand.")
    if verb is Verb.ASSIGN:
        _needed(verb, argument, "Who shall have it?")
    return Command(verb=verb, reference=reference, argument=argument.lower())


def _verdict(reference: str, rest: str) -> Command:
    name, reason = _split(rest)
    kind = VERDICT_NAMES.get(_needed(Verb.VERDICT, name, "What was it?").lower().replace("-", "_"))
    if kind is None:
        raise _misused(Verb.VERDICT, "That is no verdict.")
    reason = _needed(Verb.VERDICT, _unquoted(reason), "Why? The customer reads the reason.")
    return Command(verb=Verb.VERDICT, reference=reference, argument=kind, text=reason)


def _split(text: str) -> tuple[str, str]:
    """The first word, and the rest of the line as it was typed."""
    parts: Sequence[str] = text.strip().split(maxsplit=1)
    return (parts[0] if parts else "", parts[1] if len(parts) > 1 else "")


def _unquoted(text: str) -> str:
    text = text.strip()
    for opening, closing in _QUOTES:
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing):
            return text[1:-1].strip()
    return text


def _needed(verb: Verb, text: str, question: str) -> str:
    if not text:
        raise _misused(verb, question)
    return text


def _misused(verb: Verb, message: str) -> Invalid:
    return Invalid(message, remedy=f"Usage: {MANUAL[verb].usage}")
