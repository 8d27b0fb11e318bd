"""Indicators: what people paste of an address, a name, a hash, in the one form under which the record knows it.

Pure. Defanged text is read as what it stands for (`hxxp[:]//evil[.]com` names the domain `evil.com`). The forms are
those of events' entities, so that what is found here is what the parsers wrote there.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity

LONGEST: Final = 1_024

_DEFANGED: Final = (
    (re.compile(r"\[\s*[.,]\s*\]|\(\s*\.\s*\)|\{\s*\.\s*\}|\[\s*dot\s*\]|\(\s*dot\s*\)", re.IGNORECASE), "."),
    (re.compile(r"\[\s*@\s*\]|\(\s*@\s*\)|\[\s*at\s*\]|\(\s*at\s*\)", re.IGNORECASE), "@"),
    (re.compile(r"\[\s*:\s*\]"), ":"),
    (re.compile(r"\[\s*://\s*\]"), "://"),
    (re.compile(r"\[\s*/\s*\]"), "/"),
    (re.compile(r"^h(?:xx|XX|\*\*|tt)p(s?)(?=:)", re.IGNORECASE), r"http\1"),
    (re.compile(r"^[fs]xp(?=:)", re.IGNORECASE), "ftp"),
)


def entities_in(text: str) -> tuple[Entity, ...]:
    """What the text may name, in each form that an event may hold: an address, a hash, a host, a user, a file.

    Raises Invalid for a text that can name nothing.
    """
    text = refanged(text)
    if not text or len(text) > LONGEST:
        raise Invalid(f"This names nothing: it has 1 to {LONGEST:,} characters.", where="value")
    found = EntityList()
    for part in dict.fromkeys((text, *_host_of(text))):
        found.ip(part)
        found.hash(part)
        found.domain(part)
        found.email(part)
        found.account(part)
        found.project(part)
        found.principal(part)
        found.process(part)
        found.host(part)
        found.user(part)
        found.file(part)
    names = found.found()
    short = {entity.value for entity in names if entity.kind == "host" and "." not in entity.value}
    # A full name is not looked up by its short form: that would find strangers' hosts of the same name.
    kept = tuple(entity for entity in names if not (entity.kind == "host" and entity.value in short - {text.lower()}))
    if not kept:
        raise Invalid("This names nothing that events are kept under.", where="value")
    return kept


def refanged(text: str) -> str:
    """The text as it was before somebody made it harmless."""
    text = text.strip().strip("`\"'<>").strip()
    for pattern, plain in _DEFANGED:
        text = pattern.sub(plain, text)
    return text


def _host_of(text: str) -> Iterator[str]:
    """The host in a link."""
    if "://" not in text:
        return
    try:
        host = urlsplit(text).hostname
    except ValueError:
        return
    if host:
        yield host
