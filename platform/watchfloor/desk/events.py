"""Events at the desk: what the lake has of them, asked in the query language, for each of the person's customers.

Owns what a person sees of an answer: how many, the first of them, and plainly whether everything was looked at.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.desk.card import EntityValue, Foreign, Moment, Row, Text, Value
from watchfloor.desk.display import queries as display
from watchfloor.desk.given import read_duration
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.search.asked import Asked, question_of
from watchfloor.search.asking import prepare
from watchfloor.search.question import Count, End, Hit, Said, Stop

MOST: Final = 10
"""How many events, or different values, of a customer are shown."""

MOST_ROWS: Final = 40
SECONDS: Final = 8.0
"""How long one customer's events are looked through: somebody waits."""

LONGEST: Final = timedelta(days=366)
_DEFAULT: Final = timedelta(hours=24)
_STOPPED: Final[dict[Stop, str]] = {
    "complete": "all of the time was looked at",
    "page": "there are more",
    "seconds": "the time to look was up, and older ones were not looked at",
    "rows": "a limit was reached, and older ones were not looked at",
    "bytes": "a limit was reached, and older ones were not looked at",
    "cancelled": "it was called off",
}


async def _events(place: Place, intent: Intent) -> Reply:
    if refusal := await Hands(place.tx, place.cipher, place.actor, place.may).refusal(Permission.EVENTS_SEARCH, ""):
        return refusal
    tenant = await display.select_tenant(place.tx)
    code = "" if tenant is None else tenant.code
    wanted = intent.argument("customer").upper()
    if place.events is None:
        return Reply(text="Events cannot be searched from here.", ok=False)
    if wanted and wanted != code:
        return Reply(text="")
    given = intent.argument("span")
    span = read_duration(given, where="span", longest=LONGEST) if given else _DEFAULT
    by = intent.argument("by")
    asked = Asked(
        query=intent.argument("query"),
        hours=span.total_seconds() / 3_600,
        most=MOST,
        include="line",
        count_by=(by,) if by else (),
        seconds=SECONDS,
    )
    question = question_of(asked, now=SystemClock().now())
    task = await prepare(place.tx, place.cipher, place.actor, question, lake=place.events.lake)
    said = [one async for one in place.events.searchers.search(task)]
    return Reply(text="", rows=tuple(_rows(code, said)))


def _rows(code: str, said: list[Said]) -> Iterator[Row]:
    end = next(one for one in reversed(said) if isinstance(one, End))
    found = f"{end.found:,} of {end.rows:,} events in {end.seconds:.1f} s; {_STOPPED[end.stop]}"
    yield Row(code, (Text(found),))
    for one in said:
        if isinstance(one, Hit):
            yield Row(code, _values(one))
        elif isinstance(one, Count):
            value = Text("no value") if one.values[0] is None else Foreign(Untrusted(one.values[0]))
            yield Row(code, (Text(f"{one.events:,}"), value))


def _values(hit: Hit) -> tuple[Value, ...]:
    host = () if hit.host is None else (EntityValue("host", Untrusted(hit.host)),)
    return (Moment(hit.place.time), *host, Foreign(Untrusted(hit.summary)))


def _summary(reply: Reply) -> str:
    customers = len({row.label for row in reply.rows})
    return f"Looked at {customers} customer{'s' * (customers != 1)}." if customers else "No customer was looked at."


VERBS: Final = (
    Verb(
        name="events",
        does="search the events that are kept of your customers",
        permission=Permission.EVENTS_SEARCH,
        reach="tenants",
        act=_events,
        fields=(
            Field(
                name="query",
                label="What to look for, such as EventID:4625 @host:dc-1",
                longest=1_000,
                takes_rest=True,
            ),
            Field(name="span", label="How far back, 24h unless said", kind="duration", is_required=False),
            Field(name="customer", label="Only this customer's, by its code", is_required=False, longest=20),
            Field(name="by", label="Count by this field in place of showing events", is_required=False, longest=200),
        ),
        changes=False,
        summary=_summary,
        most=MOST_ROWS,
    ),
)
