"""What documents lack: mandatory fields by name, by document and authority, and what counts as given."""

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.domain.breach_cases import Desk, desk_of
from tests.domain.workplace import NOON, MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.breach.classification import classify_dora, judge_nis2
from watchfloor.breach.fields import all_fields
from watchfloor.breach.missing import form_of, is_late, missing
from watchfloor.breach.rules.forms import FILES, find_form, read_forms, shipped_forms
from watchfloor.breach.rules.library import shipped
from watchfloor.kernel.errors import Invalid, NotFound

DAY: Final = date(2026, 3, 2)
AUTHORITIES: Final = {
    "GB", "IE", "FR", "DE-BY1", "DE-RP", "DE-NI", "ES", "IT", "NL", "DK", "SE", "PT", "PL", "EU",
}  # fmt: skip
ART_33_3: Final = {
    "nature.types",
    "subjects.categories",
    "subjects.count",
    "data.categories",
    "data.records",
    "risk.consequences",
    "measures.taken",
    "measures.proposed",
}


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


def test_every_row_of_every_form_names_fields_that_there_are() -> None:
    unknown = {path for form in shipped_forms() for row in form.rows for path in row.paths} - set(all_fields())

    assert unknown == set()


def test_the_authorities_forms_are_there_and_each_asks_for_what_the_article_lists() -> None:
    forms = {form.authority: form for form in shipped_forms() if form.kind == "breach_notification"}
    codes = {row.code for row in shipped().authorities}

    assert set(forms) == AUTHORITIES
    assert set(forms) - {"EU"} <= codes
    for form in forms.values():
        asked = {path for row in form.rows if row.need == "must" for path in row.paths}
        assert asked >= ART_33_3, form.id
        assert {"parties.controller.dpo", "clock.controller_aware_at", "clock.delay_reasons"} <= asked, form.id


def test_every_stage_of_the_regimes_has_its_form() -> None:
    staged = {(form.kind, form.stage) for form in shipped_forms() if form.stage is not None}

    for regime in ("nis2", "dora"):
        stages = {stage.stage for stage in shipped().find(regime).stages}
        assert stages - {stage for kind, stage in staged if kind == regime} <= {"recipients"}


@pytest.mark.parametrize(
    ("authority", "form"),
    [
        ("DE-BY1", "notification-de-by1"),
        ("DE-NW", "notification-eu"),
        ("AT", "notification-eu"),
        ("GB", "notification-gb"),
        (None, "notification-eu"),
    ],
)
def test_an_authority_without_a_form_of_its_own_gets_the_general_one(authority: str | None, form: str) -> None:
    assert find_form(shipped_forms(), "breach_notification", day=DAY, authority=authority).id == form


def test_a_stage_that_there_is_not_has_no_form() -> None:
    with pytest.raises(NotFound):
        find_form(shipped_forms(), "nis2", day=DAY, stage="sometime")


def test_a_form_without_its_authority_is_refused_with_its_place(tmp_path: Path) -> None:
    text = (
        "id: a\nkind: breach_notification\ntitle: A\nsource: s\nvalid_from: 2018-05-25\nmark: confirmed\nsections: []\n"
    )
    for name in FILES:
        (tmp_path / name).write_text(text if name == FILES[0] else text.replace("breach_notification", "nis2"))

    with pytest.raises(Invalid, match=r"authority_forms\.yml:2:"):
        read_forms(tmp_path)


async def test_what_nobody_filled_is_missing_by_name_in_the_forms_order(desk: Desk) -> None:
    case = await desk.open()
    form = form_of(case, "breach_notification")

    found = missing(case, form)

    paths = [one.path for one in found]
    order = [path for row in form.rows for path in row.paths]
    assert form.id == "notification-eu"
    assert set(paths) >= ART_33_3
    assert "parties.controller.name" not in paths
    assert "clock.delay_reasons" not in paths
    assert paths == sorted(paths, key=order.index)
    assert {one.why for one in found} == {"absent"}


async def test_under_investigation_with_a_day_is_enough_at_first_and_not_at_last(desk: Desk) -> None:
    case = await desk.open()
    case = await desk.state(
        case, "subjects.count", status="under_investigation", expected_at=case.created_at + timedelta(days=3)
    )
    form = form_of(case, "breach_notification")

    assert "subjects.count" not in {one.path for one in missing(case, form)}
    assert "subjects.count" not in {one.path for one in missing(case, form, phase="supplementary")}
    (last,) = [one for one in missing(case, form, phase="final") if one.path == "subjects.count"]
    assert (last.why, last.expected_at) == ("under_investigation", case.created_at + timedelta(days=3))


async def test_not_applicable_with_its_reason_counts_as_given(desk: Desk) -> None:
    case = await desk.state(await desk.open(), "measures.proposed", status="not_applicable", basis="All is done.")

    assert "measures.proposed" not in {one.path for one in missing(case, form_of(case, "breach_notification"))}


async def test_one_of_several_fields_is_enough_where_the_form_says_so(desk: Desk) -> None:
    case = await desk.open()
    form = form_of(case, "breach_notification")
    assert "parties.controller.dpo" in {one.path for one in missing(case, form)}

    case = await desk.state(case, "parties.controller.contact", {"name": "Office", "email": "office@acme.test"})

    assert not {"parties.controller.dpo", "parties.controller.contact"} & {one.path for one in missing(case, form)}


async def test_a_late_notice_must_say_why(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "clock.controller_aware_at", NOON.isoformat())
    form = form_of(case, "breach_notification")

    assert not is_late(case, (), NOON + timedelta(hours=72))
    assert is_late(case, (), NOON + timedelta(hours=73))
    assert "clock.delay_reasons" in {one.path for one in missing(case, form, late=True)}


async def test_rows_for_some_cases_are_asked_for_in_those_cases(desk: Desk) -> None:
    case = await desk.state(await desk.open(), "cross_border.authority", "GB")
    form = form_of(case, "breach_notification")
    assert "nature.recovery" not in {one.path for one in missing(case, form)}

    case = await desk.state(case, "nature.is_cyber", "yes")
    case = await desk.state(case, "subject_comm.told", "no")

    lacking = {one.path for one in missing(case, form)}
    assert form.id == "notification-gb"
    assert {"nature.recovery", "nature.organisation_impact", "subject_comm.not_told_reason"} <= lacking
    assert "subject_comm.number" not in lacking


async def test_the_processors_notice_asks_for_less_than_the_authority(desk: Desk) -> None:
    case = await desk.open()

    notice = {one.path for one in missing(case, form_of(case, "breach_notice"))}
    letter = {one.path for one in missing(case, form_of(case, "subject_letter"))}
    early = {one.path for one in missing(case, form_of(case, "nis2", stage="early_warning"))}
    first = {one.path for one in missing(case, form_of(case, "dora", stage="initial_notification"))}

    assert {"clock.processor_aware_at", "data.categories", "others.more_to_come_at"} <= notice
    assert not {"subjects.count", "risk.consequences"} & notice
    assert {"subject_comm.text.nature", "subject_comm.text.advice"} <= letter
    assert {"nis2.malicious_suspected", "nis2.cross_border_impact"} <= early
    assert {"dora.lei", "dora.discovery", "moments.classified_major"} <= first


async def test_a_withdrawal_lacks_nothing(desk: Desk) -> None:
    case = await desk.open()

    assert missing(case, form_of(case, "breach_notification"), phase="withdrawal") == ()


async def test_classifications_say_what_they_lack_and_find_by_the_cases_facts(desk: Desk) -> None:
    case = await desk.open()
    assert (judge_nis2(case).significant, classify_dora(case).major) == (None, None)

    case = await desk.state(case, "nis2.trade_secrets_taken", "yes")
    case = await desk.state(case, "dora.critical_services", "yes")
    case = await desk.state(case, "dora.malicious_access", "yes")

    assert (judge_nis2(case).significant, classify_dora(case).major) == (True, True)
    assert case.statements.major is None
