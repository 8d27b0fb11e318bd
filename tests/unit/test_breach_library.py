"""The rules as data: what is shipped is sound, a change of the law is a row, and a fault says where it stands."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final, get_args

import msgspec
import pytest
from click.testing import CliRunner

from watchfloor.breach.rules.authority import find_authorities
from watchfloor.breach.rules.clock import deadlines
from watchfloor.breach.rules.codes import SPECIAL_CATEGORIES, VULNERABLE_PERSONS, PersonCode
from watchfloor.breach.rules.library import EEA, read_library, read_regimes, shipped
from watchfloor.breach.rules.regime import Facts, Regime, in_force
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.ops.cli import command_line

HOUR: Final = timedelta(hours=1)
GDPR: Final = resources.files("watchfloor.content").joinpath("regimes", "gdpr.yml").read_text("utf-8")
OMNIBUS: Final = """\
  - id: gdpr-authority-initial-2027
    stage: initial
    title: First notice to the authority
    source: GDPR Art. 33(1) as amended
    valid_from: 2027-06-01
    mark: unconfirmed
    recipient: supervisory_authority
    due:
      - after: controller_aware
        hours: 96
    stops: receipt
    late_reasons: true
    warn_hours: [48, 24, 12, 6, 2]
"""
OMNIBUS_TRIGGER: Final = """\
  - id: gdpr-authority-trigger-2027
    source: GDPR Art. 33(1) as amended
    valid_from: 2027-06-01
    mark: unconfirmed
    moment: controller_aware
    conditions: [personal_data_breach, high_risk]
    words: A high risk to the persons is likely.
"""


def amended() -> Regime:
    """The regulation as a bill would have it: 96 hours, and at a high risk only, from a day in the future on."""
    old = "    valid_from: 2018-05-25\n"
    text = GDPR.partition("\n---\n")[0] + "\n"
    head, stages, rows = text.partition("stages:\n")
    initial, supplement, rest = rows.partition("  - id: gdpr-authority-supplement-2018\n")
    head = head.replace(old, old + "    valid_to: 2027-05-31\n") + OMNIBUS_TRIGGER
    initial = initial.replace(old, old + "    valid_to: 2027-05-31\n") + OMNIBUS
    [regime] = read_regimes({"gdpr.yml": (head + stages + initial + supplement + rest).encode()})
    return regime


def test_a_rule_that_holds_from_a_future_day_on_is_a_row_and_moves_no_case_from_before() -> None:
    regime = amended()
    before = datetime(2027, 5, 31, 21, 59, tzinfo=UTC)  # one minute before midnight in Berlin
    after = datetime(2027, 5, 31, 22, 0, tzinfo=UTC)
    for aware, hours, rule in ((before, 72, "2018"), (after, 96, "2027")):
        for now in (aware, aware + 90 * HOUR):  # looking at it later changes nothing
            facts = Facts(
                zone="Europe/Berlin", country="DE", moments={"controller_aware": aware}, statements={"risk": True}
            )
            [initial] = [one for one in deadlines([regime], facts, now) if one.stage == "initial"]
            assert initial.due_at == aware + hours * HOUR
            assert initial.rule == f"gdpr-authority-initial-{rule}"
    shipped_one = shipped().find("gdpr-authority")
    facts = Facts(zone="Europe/Berlin", country="DE", moments={"controller_aware": after})
    assert deadlines([shipped_one], facts, after)[0].due_at == after + 72 * HOUR


def test_a_new_condition_holds_for_new_cases_only() -> None:
    said = {"zone": "Europe/Berlin", "country": "DE"}
    aware = {"old": datetime(2027, 5, 1, tzinfo=UTC), "new": datetime(2027, 7, 1, tzinfo=UTC)}
    found = {
        name: deadlines(
            [amended()],
            Facts(
                zone=said["zone"],
                country=said["country"],
                moments={"controller_aware": moment},
                statements={"personal_data_breach": True, "risk": True, "high_risk": False},
            ),
            moment,
        )[0].state
        for name, moment in aware.items()
    }
    assert found == {"old": "running", "new": "not_required"}


def test_before_a_regime_holds_it_has_no_deadlines() -> None:
    aware = datetime(2026, 9, 10, 12, tzinfo=UTC)
    facts = Facts(zone="UTC", country="DE", moments={"maker_aware": aware})
    regime = shipped().find("cra-vulnerability")
    assert deadlines([regime], facts, aware) == []
    later = Facts(zone="UTC", country="DE", moments={"maker_aware": aware + timedelta(days=1)})
    assert len(deadlines([regime], later, aware)) == 3


def test_every_row_has_a_source_a_time_and_a_mark_and_only_the_read_ones_are_confirmed() -> None:
    library = shipped()
    for regime in library.regimes:
        assert all(row.source and row.valid_from >= date(2013, 1, 1) for row in regime.triggers)
        assert all(row.source and row.valid_from >= date(2013, 1, 1) for row in regime.stages)
    confirmed = {regime.id for regime in library.regimes if all(stage.mark == "confirmed" for stage in regime.stages)}
    assert confirmed == {
        "gdpr-authority", "gdpr-controller", "contract-controller", "gdpr-subjects",
        "nis2", "nis2-mssp", "dora", "ch-fadp", "ch-isa", "pci-dss",
    }  # fmt: skip
    assert all(row.mark == "unconfirmed" for row in library.states)


def test_every_country_of_the_eea_has_an_authority_and_germany_all_of_its_laender() -> None:
    day = date(2026, 11, 22)
    rows = shipped().authorities
    for country in EEA:
        assert find_authorities(rows, country, day), country
    german = find_authorities(rows, "DE", day)
    assert german[0].code == "DE"
    assert len(german) == 18  # the federal one, sixteen Laender, and Bavaria's second
    assert all(row.verified_at is None for row in rows)
    assert next(row for row in rows if row.code == "NL").channel == "web form only"


def test_a_state_of_the_usa_is_a_regime_from_its_row() -> None:
    found = datetime(2026, 11, 20, 10, tzinfo=UTC)
    facts = Facts(zone="UTC", country="US", moments={"discovered": found})
    persons = next(one for one in deadlines([shipped().find("us-az")], facts, found) if one.stage == "persons")
    assert persons.due_at == datetime(2027, 1, 4, 23, 59, 59, tzinfo=UTC)
    assert persons.mark == "unconfirmed"
    assert shipped().find("us-other").stages[0].due[0].days is None
    with pytest.raises(NotFound):
        shipped().find("us-xx")


def test_regimes_are_listed_by_place_and_by_what_a_party_is() -> None:
    ids = [regime.id for regime in shipped().concerning({"DE-BY"}, {"controller", "processor"})]
    assert ids == ["gdpr-authority", "gdpr-controller", "contract-controller", "gdpr-subjects"]
    ids = [regime.id for regime in shipped().concerning({"US-TX"}, {"entity"})]
    assert set(ids) == {"hipaa", "pci-dss", "us-tx", "us-other"}


FROM: Final = "after: controller_aware\n        "
ENDED: Final = "valid_to: 2001-01-01\n    mark: confirmed"
FAULTS: Final[tuple[tuple[str, Callable[[str], str], str], ...]] = (
    ("an unknown key", lambda text: text.replace("        hours: 72", "        hour: 72"), "hour"),
    ("two lengths", lambda text: text.replace("        hours: 72", "        hours: 72\n        days: 3"), "one length"),
    ("no start", lambda text: text.replace(f"- {FROM}hours", "- hours"), "starts"),
    ("a stage before itself", lambda text: text.replace("after_stage: initial", "after_stage: supplement"), "no stage"),
    ("a taken id", lambda text: text.replace("id: gdpr-controller\n", "id: gdpr-authority\n"), "is taken"),
    ("an unknown moment", lambda text: text.replace("moment: processor_aware", "moment: noticed"), "enum"),
    ("a row that ends first", lambda text: text.replace("mark: confirmed", ENDED, 1), "ends before"),
    ("a late warning", lambda text: text.replace("[48, 24, 12, 6, 2]", "[48, 0]"), "hour before"),
    ("no date", lambda text: text.replace("2018-05-25", "May 2018", 1), "date"),
)  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_fault_in_the_data_is_refused_with_its_line(change: Callable[[str], str], words: str) -> None:
    text = change(GDPR)
    assert text != GDPR
    with pytest.raises(Invalid) as refused:
        read_regimes({"gdpr.yml": text.encode()})
    place, _, said = refused.value.message.partition("gdpr.yml:")[2].partition(": ")
    line = int(place.split(":")[0])
    assert words in said
    changed = [
        number
        for number, (old, new) in enumerate(zip(GDPR.splitlines(), text.splitlines(), strict=False), 1)
        if old != new
    ]
    assert abs(line - changed[0]) <= 3


def test_versions_that_overlap_are_refused() -> None:
    text = GDPR.partition("\n---\n")[0] + "\n" + OMNIBUS
    with pytest.raises(Invalid, match=r"gdpr\.yml:\d+:\d+: Another version holds"):
        read_regimes({"gdpr.yml": text.encode()})


def test_every_fault_of_all_files_is_told_at_once() -> None:
    broken = GDPR.replace("        hours: 72", "        hours: 72\n        days: 3").replace(
        "after_stage: initial", "after_stage: end"
    )
    with pytest.raises(Invalid) as refused:
        read_regimes({"a.yml": broken.encode(), "b.yml": b"id: [\n"})
    assert refused.value.message.count("\n  - ") == 3


def test_the_rules_stand_still_while_they_are_used() -> None:
    regime = shipped().find("dora")
    with pytest.raises(AttributeError):
        regime.stages[0].title = "x"  # type: ignore[misc]  # the point  # pyright: ignore[reportAttributeAccessIssue]
    assert in_force(regime.stages, date(2025, 1, 16)) == []
    assert len(in_force(regime.stages, date(2025, 1, 17))) == 4
    assert msgspec.json.decode(msgspec.json.encode(regime), type=Regime) == regime


def test_the_code_lists_know_the_eight_special_categories_of_article_9() -> None:
    assert {code.removeprefix("special_") for code in SPECIAL_CATEGORIES} == {
        "race", "politics", "religion", "union", "genetic", "biometric", "health", "sex",
    }  # fmt: skip
    assert set(get_args(PersonCode)) > VULNERABLE_PERSONS


def test_the_operator_lists_shows_and_checks_them(tmp_path: Path) -> None:
    run = CliRunner()
    listed = run.invoke(command_line, ["regimes", "list"])
    assert "gdpr-authority       initial                72 h after controller_aware" in listed.output
    assert "us-tx" not in listed.output
    assert "us-tx" in run.invoke(command_line, ["regimes", "list", "--all"]).output
    assert "cra-" not in run.invoke(command_line, ["regimes", "list", "--on", "2026-01-01"]).output
    assert "Art. 5(1)(a)" in run.invoke(command_line, ["regimes", "show", "dora"]).output
    assert "are sound" in run.invoke(command_line, ["regimes", "check"]).output
    file = tmp_path / "mine.yml"
    file.write_text(GDPR.replace("hours: 72", "hours: 0"))
    refused = run.invoke(command_line, ["regimes", "check", str(file)])
    assert refused.exit_code == 1
    assert "mine.yml:28:9: A length is 1 or more." in refused.output
    missing = run.invoke(command_line, ["regimes", "check", str(tmp_path)])
    assert missing.exit_code == 1
    assert "lacks a file" in missing.output
    with pytest.raises(Invalid):
        read_library(_bent(tmp_path))


def _bent(folder: Path) -> Path:
    """The shipped rules with two versions of the advice that hold at the same time."""
    source = Path(str(resources.files("watchfloor.content")))
    for name in ("authorities.yml", "us_states.yml"):
        (folder / name).write_bytes((source / name).read_bytes())
    for part in ("regimes", "thresholds"):
        (folder / part).mkdir()
        for file in (source / part).iterdir():
            (folder / part / file.name).write_bytes(file.read_bytes())
    advice = folder / "thresholds" / "advice.yml"
    advice.write_text(advice.read_text() + "---\n" + advice.read_text().replace("advice-2026", "advice-2027"))
    return folder
