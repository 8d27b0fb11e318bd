"""A search of one tenant's events: chooses the files, says so in the tenant's access log, and starts it.

Owns what a process is given: the files that the manifest has for the time in question, and the keys of those alone.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.lake.queries import Segment, select_segments
from watchfloor.lake.segments import key_of
from watchfloor.lake.sightings import SWEPT, marks_of
from watchfloor.normalise.event import Entity
from watchfloor.search.question import Aim, Indicator, Limits, Piece, Query, Sweep, Task

MOST_INDICATORS: Final = 20_000
LONGEST_WORDS: Final = 4_000


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks. `words` is the question as it was asked, for the access log; `why`, their reason."""

    since: datetime
    until: datetime
    query: Query = Query()
    aim: Aim
    limits: Limits = Limits()
    words: str
    why: str = ""


async def prepare(tx: TenantTx, cipher: TenantCipher, actor: Actor, question: Question, *, lake: Path) -> Task:
    """The task of a question, once it stands in the tenant's access log. Raises Invalid for times in no order.

    Nothing of it needs the transaction any longer: a search may take longer than one should.
    """
    if question.since >= question.until:
        raise Invalid("A search needs a time that begins before it ends.", where="since")
    segments = await select_segments(tx, since=question.since, until=question.until)
    await append(
        tx,
        actor,
        action="access.searched",
        object_kind="events",
        object_id=f"{question.since:%Y-%m-%dT%H:%M}/{question.until:%Y-%m-%dT%H:%M}",
        detail={"text": question.words[:LONGEST_WORDS], "why": question.why[:LONGEST_WORDS]},
        cipher=cipher,
    )
    return Task(
        directory=str(lake / str(tx.tenant_id)),
        pieces=tuple(piece_of(cipher, segment) for segment in segments),
        since=question.since,
        until=question.until,
        query=question.query,
        aim=question.aim,
        limits=question.limits,
    )


def sweep_for(cipher: TenantCipher, entities: Sequence[Entity]) -> Sweep:
    """The aim that looks for these entities. Raises Invalid for too many, or for kinds that sightings do not know."""
    if len(entities) > MOST_INDICATORS:
        raise Invalid(f"A sweep is for {MOST_INDICATORS:,} indicators at most; these are {len(entities):,}.")
    unknown = {entity.kind for entity in entities} - SWEPT
    if unknown:
        raise Invalid(f"A sweep does not look for things of the kind {', '.join(sorted(unknown))}.")
    return Sweep(
        indicators=tuple(
            Indicator(kind=entity.kind, value=entity.value, marks=marks_of(cipher, entity))
            for entity in dict.fromkeys(entities)
        )
    )


def piece_of(cipher: TenantCipher, segment: Segment) -> Piece:
    """What a search needs of a segment. Raises Unopenable if the tenant's key is gone, or is another tenant's."""
    return Piece(
        path=segment.path,
        key=key_of(cipher, segment),
        has_sightings=segment.sightings_bytes is not None,
        events=segment.events,
        first_at=segment.first_event_at,
        last_at=segment.last_event_at,
    )
