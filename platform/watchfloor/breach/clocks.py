"""The clocks of a case: its persons' entries as the rules' facts, and the deadlines that follow.

Owns the way from a case and its notices to `rules.clock`. An instant stands here only because a person entered it;
nothing is taken from when something was detected.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Protocol, cast, get_args

from watchfloor.breach.case import BreachCase
from watchfloor.breach.classification import value_of
from watchfloor.breach.known import Known
from watchfloor.breach.rules.clock import Deadline, deadlines
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.rules.regime import Facts, Filing, Moment, Regime, Statement

ALWAYS: Final = ("gdpr-controller", "gdpr-authority", "gdpr-subjects", "contract-controller")
"""The regimes that every case is looked at by, unless a person says that one does not apply."""

_UK: Final[Mapping[str, str]] = {"gdpr-authority": "uk-gdpr-authority", "gdpr-subjects": "uk-gdpr-subjects"}
_CONTRACT: Final = "contract-controller"
_NO_FILING: Final = frozenset({"withdrawn"})


class Filed(Protocol):
    """What clocks need of a notice."""

    @property
    def regime(self) -> str:
        """The regime's id."""
        ...

    @property
    def stage(self) -> str:
        """The regime's stage."""
        ...

    @property
    def status(self) -> str:
        """Where it stands; a withdrawn one is no filing."""
        ...

    @property
    def submitted_at(self) -> datetime | None:
        """When it went out."""
        ...

    @property
    def received_at(self) -> datetime | None:
        """When the recipient got it, by its receipt."""
        ...

    @property
    def delay_reasons(self) -> str | None:
        """Why it is late."""
        ...


def facts_of(case: BreachCase, notices: Iterable[Filed]) -> Facts:
    """What persons have entered, as the rules read it."""
    return Facts(
        zone=case.tz,
        country=case.country,
        subdivision=case.subdivision,
        moments=_moments(case),
        statements=_statements(case),
        applies=_applies(case),
        contract_hours=_contract_hours(case),
        filings=tuple(
            Filing(
                regime=notice.regime,
                stage=notice.stage,
                submitted_at=notice.submitted_at,
                received_at=notice.received_at,
                delay_reasons=notice.delay_reasons,
            )
            for notice in notices
            if notice.submitted_at is not None and notice.status not in _NO_FILING
        ),
    )


def deadlines_of(case: BreachCase, notices: Iterable[Filed], at: datetime) -> list[Deadline]:
    """Every stage of the regimes of a case, the most urgent first; all instants are UTC.

    The regimes are those of `ALWAYS` and those that a person named, whether they apply or not.
    """
    return deadlines(regimes_of(case), facts_of(case, notices), at)


def regimes_of(case: BreachCase) -> list[Regime]:
    """The regimes that a case is measured by."""
    own = [_UK.get(name, name) for name in ALWAYS] if case.country == "GB" else list(ALWAYS)
    return [shipped().find(name) for name in dict.fromkeys((*own, *sorted(case.other_regimes)))]


def _moments(case: BreachCase) -> dict[Moment, datetime]:
    found: dict[Moment, datetime] = {}
    for name in get_args(Moment):
        entered = value_of(cast("Known[datetime] | None", getattr(case.moments, name, None)))
        if entered is not None:
            found[name] = entered
    for moment, fact in (
        ("controller_aware", case.clock.controller_aware_at),
        ("processor_aware", case.clock.processor_aware_at),
    ):
        entered = value_of(fact)
        if entered is not None:
            found[cast("Moment", moment)] = entered
    risk = case.risk.risk
    if risk is not None and risk.value == "high":
        found.setdefault("high_risk_found", risk.at)  # the decision is the finding, unless a person says when it was
    return found


def _statements(case: BreachCase) -> dict[Statement, bool]:
    said: dict[Statement, bool] = {}
    for name in get_args(Statement):
        decided = value_of(cast("Known[bool] | None", getattr(case.statements, name, None)))
        if decided is not None:
            said[name] = decided
    if case.is_breach is not None and case.is_breach.value is not None:
        said["personal_data_breach"] = case.is_breach.value
    risk = value_of(case.risk.risk)
    if risk is not None:
        said["risk"] = risk != "unlikely"
        said["high_risk"] = risk == "high"
    ongoing = value_of(case.clock.ongoing)
    if ongoing is not None:
        said.setdefault("still_ongoing", ongoing)
    return said


def _applies(case: BreachCase) -> dict[str, bool]:
    answers = {name: value_of(regime.applicable) for name, regime in case.other_regimes.items()}
    return {name: answer == "yes" for name, answer in answers.items() if answer in ("yes", "no")}


def _contract_hours(case: BreachCase) -> dict[str, int]:
    hours = {name: value_of(regime.contract_hours) for name, regime in case.other_regimes.items()}
    own = value_of(case.clock.contract_hours)
    if own is not None:
        hours[_CONTRACT] = own
    return {name: number for name, number in hours.items() if number is not None}
