"""How urgent an incident is, from 0 to 100: pure arithmetic over what is known of it, with the reasons.

The severity of the worst alert gives the start. What was seen of the attack adds to it (more rules, more of ATT&CK's
tactics, more hosts, an indicator from threat intelligence), so does the worth of what is concerned. How often the rules
were right before moves it both ways; one good rule is enough, for a true alert is no less true beside a noisy one.
"""

from typing import Final, Literal

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.assets.weights import Weight

ReasonKind = Literal["severity", "rules", "tactics", "hosts", "asset", "precision", "intel"]

_START: Final[dict[Severity, int]] = {"critical": 60, "high": 45, "medium": 30, "low": 15, "informational": 5}
_WORTH: Final[dict[Weight, int]] = {"critical": 18, "high": 10, "normal": 0, "low": -8}
_RULE: Final = 3
_MOST_RULES: Final = 9
_TACTIC: Final = 4
_MOST_TACTICS: Final = 12
_DOUBLING: Final = 2
_MOST_HOSTS: Final = 8
_TRUST: Final = 30
"""What lies between a rule that is always wrong and one that is always right."""
_INTEL: Final = 12
_EVEN: Final = 0.5


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an incident.

    `precision` is the estimate of the best of its rules, 0 to 1; a half where nobody knows. `intel` counts the alerts
    that an indicator of threat intelligence raised.
    """

    severity: Severity
    rules: int
    tactics: int
    hosts: int
    worth: Weight
    precision: float
    intel: int


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why the score is what it is: so many points, for something that stands in `detail` in our own words."""

    kind: ReasonKind
    points: int
    detail: str


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The score with its reasons, the strongest first. Their points add up to it, as far as 0 and 100 allow."""

    points: int
    reasons: tuple[Reason, ...]

    @property
    def strongest(self) -> tuple[Reason, ...]:
        """The two reasons that say most."""
        return self.reasons[:2]


def score_of(known: Known) -> Score:
    """The incident's score."""
    trust = round((min(max(known.precision, 0.0), 1.0) - _EVEN) * _TRUST)
    found = (
        Reason(kind="severity", points=_START[known.severity], detail=f"{known.severity} detection"),
        Reason(kind="rules", points=min(max(known.rules - 1, 0) * _RULE, _MOST_RULES), detail=f"{known.rules} rules"),
        Reason(
            kind="tactics",
            points=min(max(known.tactics - 1, 0) * _TACTIC, _MOST_TACTICS),
            detail=f"{known.tactics} tactics",
        ),
        Reason(
            kind="hosts",
            points=min((max(known.hosts, 1).bit_length() - 1) * _DOUBLING, _MOST_HOSTS),
            detail=f"{known.hosts} hosts",
        ),
        Reason(kind="asset", points=_WORTH[known.worth], detail=f"{known.worth} asset"),
        Reason(kind="precision", points=trust, detail=f"rule right {known.precision:.0%} of the time"),
        Reason(kind="intel", points=_INTEL if known.intel else 0, detail="known indicator"),
    )
    reasons = tuple(sorted((one for one in found if one.points), key=lambda one: -abs(one.points)))
    total = sum(reason.points for reason in reasons)
    return Score(points=min(max(total, 0), 100), reasons=reasons)
