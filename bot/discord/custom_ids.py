"""Names of buttons and forms: `wf:<verb>:<reference>`, with a token for what does not fit into a name.

They say what is meant and prove nothing: whoever sends one is looked up, and may do what the record says (O5). So they
survive restarts, and a forged one is worth no more than a typed command.
"""

import re
from typing import Final

import msgspec

_PATTERN: Final = re.compile(r"wf:([a-z][a-z0-9_-]{0,31}):((?:[A-Z][A-Z0-9]{1,7}-[0-9]{1,18})?)(?::([a-z0-9]{1,32}))?")

MORE: Final = "more"
"""In place of a verb: the menu of further verbs."""

TAKEN_OVER: Final = "taken-over"
"""In place of a verb: the button under a handover. Its token is the handover's code."""


class CustomId(msgspec.Struct, frozen=True):
    """What a button or form stands for. `token` names the values that were offered with it."""

    verb: str
    reference: str = ""
    token: str = ""

    def __str__(self) -> str:
        return f"wf:{self.verb}:{self.reference}" + (f":{self.token}" if self.token else "")


def read_custom_id(text: str) -> CustomId | None:
    """What a name says; None when it is none of ours."""
    found = _PATTERN.fullmatch(text)
    return None if found is None else CustomId(found[1], found[2], found[3] or "")
