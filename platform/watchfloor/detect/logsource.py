"""Which events a rule's log source covers (Sigma specification 2.1, section LogSource)."""

from functools import lru_cache

from watchfloor.normalise.catalogue import LOGSOURCES
from watchfloor.normalise.event import LogSource


def covers(rule: LogSource, event: LogSource) -> bool:
    """Whether a rule for the log source `rule` looks at an event of the log source `event`.

    It does if each part that the rule names is the event's. An event with several log sources is covered if one of
    them is.
    """
    return (
        (rule.product is None or rule.product == event.product)
        and (rule.category is None or rule.category == event.category)
        and (rule.service is None or rule.service == event.service)
    )


@lru_cache(maxsize=4_096)
def is_readable(rule: LogSource) -> bool:
    """Whether some parser of ours makes events that a rule for the log source `rule` looks at."""
    return any(covers(rule, one) for one in LOGSOURCES)
