"""What makes two matches of a rule the same alert."""

from watchfloor.detect.rule import Rule
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event


def dedup_values(rule: Rule, event: Event) -> tuple[tuple[str, str], ...]:
    """The names in `rule.dedup` with the event's values, in the rule's order.

    A name is an entity kind (the most significant entity of that kind counts) or a field (its values without letter
    case, joined by a line break). What the event lacks has an empty value.
    """
    view = EventView(event.fields)
    return tuple((name, _value(name, event, view)) for name in rule.dedup)


def _value(name: str, event: Event, view: EventView) -> str:
    for entity in event.entities:
        if entity.kind == name:
            return entity.value
    return "\n".join(view.folded(name))
