"""When one person is not enough: which exceptions a second one must agree to.

Pure. The rule: what hides much, hides anything of a known attack, concerns a rule that warns of much harm, or says
nothing of what was done.
"""

from datetime import timedelta
from typing import Final

from watchfloor.alerts.alert import Severity, rank
from watchfloor.alerts.overlay.preview import Preview

MOST_ALONE: Final = 20
"""How many alerts of the last 30 days one person may hide alone."""

ANSWER_WITHIN: Final = timedelta(days=3)
"""How long a request waits for a second person."""

LONGEST_DAYS: Final = 365
STANDARD_DAYS: Final = 30


def why_two(seen: Preview, *, hidden: int, severity: Severity, is_broad: bool) -> str:
    """Why a second person must agree, in our own words; empty where one is enough.

    `hidden` is how much it hides in 30 days: alerts that a preview counted, or matches that it hid already.
    """
    reasons = list[str]()
    if seen.judged_true:
        reasons.append("it would have hidden events of a true positive")
    if rank(severity) >= rank("high"):
        reasons.append(f"the rule's severity is {severity}")
    if hidden > MOST_ALONE:
        reasons.append(f"it hides more than {MOST_ALONE} alerts in {seen.days} days")
    elif seen.all_alerts > seen.alerts:
        reasons.append(f"the rule has more than {seen.alerts} alerts in {seen.days} days")
    if is_broad:
        reasons.append("it does not say what was done")
    return "; ".join(reasons)
