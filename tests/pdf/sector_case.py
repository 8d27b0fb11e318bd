"""Made-up incidents for the stages of NIS2 and DORA: a haulier, the MSSP itself, and a payment institution.

The cases stand as they would be frozen for each stage; the payment institution's has a clock that ends on a Saturday.
Nothing in them is real.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from reports.breach.facts import Dispatch, Earlier, Lacking
from reports.breach.outward import outward
from reports.breach.staged.asking import stage_form
from reports.documents.dora.facts import DoraReport
from reports.documents.dora.lacking import with_schema
from reports.documents.nis2.facts import Nis2Report
from tests.pdf import breach_case as made
from tests.pdf.breach_case import Filing, filled, stated
from watchfloor.breach.case import BreachCase
from watchfloor.breach.classification import classify_dora, dora_thresholds, judge_nis2, nis2_thresholds, value_of
from watchfloor.breach.known import Known
from watchfloor.breach.missing import Phase, missing
from watchfloor.breach.rules.forms import DocumentKind, Form, find_form, shipped_forms
from watchfloor.breach.sector.own_duty import OWN_REGIME, form_of_duty
from watchfloor.breach.values import Contact, Indicator

replace = msgspec.structs.replace
Facts = Mapping[str, Known[object]]

NIS2_STAGES: Final = ("early_warning", "notification", "intermediate", "progress", "final")
DORA_STAGES: Final = (
    "initial_notification",
    "intermediate_report",
    "intermediate_update",
    "final_report",
    "major_incident_reclassified_as_non-major",
)
FINAL: Final = frozenset({"final", "final_report"})
AWARE: Final = datetime(2026, 11, 13, 9, 30, tzinfo=UTC)
CLASSIFIED: Final = datetime(2026, 11, 13, 18, 5, tzinfo=UTC)
"""A Friday evening: four hours later it is Friday, 23:05 in Berlin; a case classified at 21:00 ends on the Saturday."""
LATE_CLASSIFIED: Final = datetime(2026, 11, 13, 21, 0, tzinfo=UTC)
FRIDAY_NIGHT: Final = datetime(2026, 11, 13, 21, 40, tzinfo=UTC)

_NIS2: Final[Facts] = {
    "nis2.entity_kind": stated("important", by=made.HENRIKE),
    "nis2.sector": stated("Transport, road freight", by=made.HENRIKE),
    "nis2.services": stated(("Dispatch of freight", "Customer portal"), by=made.HENRIKE),
    "nis2.csirt": stated("CERT-Bund, national CSIRT", by=made.HENRIKE),
    "nis2.malicious_suspected": stated(True),
    "nis2.cross_border_impact": stated(True, status="estimated", basis="Recipients in Denmark are named."),
    "nis2.member_states": stated(("DE", "DK")),
    "moments.entity_aware": stated(made.TOLD, by=made.HENRIKE, basis="With the notice of the provider."),
    "statements.significant": stated(True, by=made.HENRIKE, basis="Dispatch stood still for a day."),
    "other_regimes.nis2.applicable": stated("yes", by=made.HENRIKE, basis="Important entity of annex I."),
}
_NIS2_FIRST: Final[Facts] = {
    "nis2.first_severity": stated("High: the file server and its freight papers were readable to the attacker."),
    "nis2.impact": stated("Dispatch by hand for 26 hours; two customers served late."),
}
_NIS2_LAST: Final[Facts] = {
    "nis2.threat": stated("Macro malware in a mailed invoice, followed by data theft."),
    "nis2.root_cause": stated("Macros from mail were allowed on the dispatch workstations."),
    "nis2.mitigation": stated("Macros from mail blocked; passwords replaced; server rebuilt; hunting goes on."),
    "nis2.recipients_told": stated(True, by=made.HENRIKE),
    "clock.ongoing": stated(False),
    "moments.handled": stated(made.NOON + timedelta(days=9), by=made.HENRIKE),
}
_OWN: Final[Facts] = {
    "nis2.sector": stated("ICT service management (B2B)", by=made.JONAS),
    "nis2.services": stated(("Managed detection and response",), by=made.JONAS),
    "nis2.csirt": stated("CERT-Bund, national CSIRT", by=made.JONAS),
    "nis2.malicious_suspected": stated(True, by=made.JONAS),
    "nis2.cross_border_impact": stated(False, by=made.JONAS),
    "nis2.service_down": stated(timedelta(minutes=48), by=made.JONAS),
    "nis2.service_limited": stated(timedelta(hours=3), by=made.JONAS),
    "nis2.users_limited": stated(310, by=made.JONAS, status="estimated", basis="Customers on the hit node."),
    "nis2.users_all": stated(9_200, by=made.JONAS),
    "nis2.loss_eur": stated(40_000, by=made.JONAS, status="estimated", basis="Hours of the repair."),
    "nis2.death": stated(False, by=made.JONAS),
    "nis2.health_harm": stated(False, by=made.JONAS),
    "moments.provider_aware": stated(made.AWARE, by=made.JONAS, basis="The node's failure was confirmed."),
    "statements.significant": stated(True, by=made.JONAS, basis="The service was down for 48 minutes."),
    "other_regimes.nis2-mssp.applicable": stated("yes", by=made.JONAS, basis="We are a managed security provider."),
}

_DORA: Final[Facts] = {
    "parties.controller.name": stated("Hansekontor Zahlungen GmbH", by=made.HENRIKE),
    "parties.controller.contact": stated(
        Contact(name="Ole Brandt", role="CISO", email="ciso@hansekontor.example", phone="+49 40 5550 300"),
        by=made.HENRIKE,
    ),
    "dora.submitter_name": stated("Hansekontor Zahlungen GmbH", by=made.HENRIKE),
    "dora.submitter_code": stated("000000HANSEKONTOR069", by=made.HENRIKE),
    "dora.entity_types": stated(("payment_institution",), by=made.HENRIKE),
    "dora.lei": stated("000000HANSEKONTOR069", by=made.HENRIKE),
    "dora.second_contact_name": stated("Rieke Thomsen", by=made.HENRIKE),
    "dora.second_contact_email": stated("compliance@hansekontor.example", by=made.HENRIKE),
    "dora.second_contact_phone": stated("+49 40 5550 310", by=made.HENRIKE),
    "dora.currency": stated("EUR", by=made.HENRIKE),
    "moments.entity_aware": stated(AWARE, by=made.HENRIKE, basis="Payments were seen to fail."),
    "moments.classified_major": stated(CLASSIFIED, by=made.HENRIKE, basis="Two criteria are met."),
    "clock.detected_at": stated(AWARE - timedelta(minutes=20)),
    "clock.occurred_from": stated(AWARE - timedelta(hours=1), status="estimated", basis="First failed payment."),
    "nature.description": stated(
        "An attacker encrypted two payment gateways through a stolen account of a supplier. Card payments failed; "
        "customer data were read before the encryption."
    ),
    "dora.critical_services": stated(True, by=made.HENRIKE),
    "dora.malicious_access": stated(True),
    "dora.criteria": stated(("clients_counterparts_transactions", "geographical_spread", "data_losses")),
    "dora.member_states": stated(("DE", "DK", "NL"), by=made.HENRIKE),
    "dora.discovery": stated("monitoring_systems"),
    "dora.third_party_origin": stated("Netzwerk Nord IT, operator of the gateways"),
    "dora.continuity_plan_activated": stated(True, by=made.HENRIKE),
    "other_regimes.dora.applicable": stated("yes", by=made.HENRIKE, basis="Licensed payment institution."),
    "dora.clients": stated(14_200, status="estimated", basis="Sessions of the hit gateways."),
    "dora.clients_all": stated(96_000, by=made.HENRIKE),
    "dora.data_loss": stated(True),
    "nature.indicators": stated((Indicator(kind="domain", value="pay-update.example.net"),)),
}
_DORA_IMPACT: Final[Facts] = {
    "dora.authority_reference": stated("BaFin-2026-11-0417", by=made.HENRIKE),
    "moments.recovered": stated(AWARE + timedelta(hours=30), by=made.HENRIKE),
    "dora.counterparts": stated(0),
    "dora.counterparts_all": stated(44, by=made.HENRIKE),
    "dora.relevant_client": stated(False, by=made.HENRIKE),
    "dora.transactions": stated(51_000),
    "dora.transactions_daily": stated(240_000, by=made.HENRIKE),
    "dora.transactions_eur": stated(3_900_000, by=made.HENRIKE),
    "dora.transactions_daily_eur": stated(18_500_000, by=made.HENRIKE),
    "dora.numbers_measured": stated("both"),
    "dora.reputation": stated((), by=made.HENRIKE),
    "dora.duration": stated(timedelta(hours=30, minutes=15)),
    "dora.downtime_critical": stated(timedelta(hours=5, minutes=40)),
    "dora.times_measured": stated("actual"),
    "dora.state_impacts": stated(("clients",)),
    "dora.data_losses": stated(("availability", "confidentiality")),
    "dora.data_loss_note": stated("Names and transaction histories of clients were readable."),
    "dora.critical_services_note": stated("Acquiring of card payments."),
    "dora.types": stated(("cybersecurity-related", "payment-related")),
    "dora.techniques": stated(("data_encryption_for_impact_including_ransomware", "supply-chain_attack")),
    "dora.business_areas": stated("Card acquiring, merchant portal."),
    "dora.components_affected": stated(True),
    "dora.components_note": stated("Two payment gateways and their database."),
    "dora.client_interest_hit": stated(None, status="under_investigation", expected_at=AWARE + timedelta(days=9)),
    "dora.other_authorities": stated(("police_law_enforcement", "data_protection_authority"), by=made.HENRIKE),
    "dora.temporary_measures": stated(True),
    "dora.temporary_measures_note": stated("Payments went through the second data centre."),
    "dora.criteria": stated(
        ("clients_counterparts_transactions", "geographical_spread", "data_losses", "duration_downtime")
    ),
}
_DORA_LAST: Final[Facts] = {
    "dora.client_interest_hit": stated(False, by=made.HENRIKE),
    "dora.root_causes": stated(("malicious_actions", "process_failure")),
    "dora.root_causes_detail": stated(
        (
            "malicious_actions_fraudulent_actions",
            "process_failure_inadequacy_of_internal_policies_procedures_and_documentation",
        )
    ),
    "dora.root_causes_further": stated(
        ("identity_and_access_management", "monitoring_of_third-party_service_providers")
    ),
    "dora.root_cause_note": stated("The supplier's account had no second factor and could reach both gateways."),
    "dora.resolution": stated(
        "Gateways rebuilt from clean images; accounts of suppliers closed or bound to a second factor."
    ),
    "dora.root_cause_addressed_at": stated(AWARE + timedelta(days=12)),
    "dora.resolved_at": stated(AWARE + timedelta(days=14)),
    "dora.resolution_vs_plan": stated("As planned.", by=made.HENRIKE),
    "dora.cost_eur": stated(182_000, by=made.HENRIKE, status="estimated", basis="Hours, hardware, goodwill."),
    "dora.recoveries_eur": stated(0, by=made.HENRIKE),
    "dora.is_recurring": stated(False, by=made.HENRIKE),
    "dora.criteria": stated(
        (
            "clients_counterparts_transactions",
            "geographical_spread",
            "data_losses",
            "duration_downtime",
            "economic_impact",
        )
    ),
}
_DORA_BACK: Final[Facts] = {
    "statements.major": stated(False, by=made.HENRIKE, basis="No critical service was affected after all."),
    "dora.critical_services": stated(False, by=made.HENRIKE),
    "other_regimes.dora.applicable": stated("no", by=made.HENRIKE, basis="Reclassified: no major incident."),
    "dora.other_information": stated("The gateways carry test payments only; no critical service was affected."),
}


def nis2_case(stage: str, *, is_own: bool = False) -> BreachCase:
    """The haulier's case, or the MSSP's own, as it stands at a stage."""
    facts = {**(_OWN if is_own else _NIS2), **({} if stage == "early_warning" else _NIS2_FIRST)}
    if stage == "final":
        facts |= _NIS2_LAST
    elif stage in ("intermediate", "progress"):
        facts |= {"clock.ongoing": stated(True), "statements.still_ongoing": stated(True, by=made.HENRIKE)}
    if stage == "intermediate":
        facts |= {"moments.requested": stated(made.NOON + timedelta(days=5), by=made.HENRIKE)}
    base = made.first() if stage == "early_warning" else made.nordkai()
    regimes = {name: one for name, one in base.other_regimes.items() if name != "nis2"}
    return filled(replace(base, other_regimes=regimes), facts)


def dora_case(stage: str) -> BreachCase:
    """The payment institution's case as it stands at a stage."""
    facts = dict(_DORA)
    if stage in ("intermediate_report", "intermediate_update", "final_report"):
        facts |= _DORA_IMPACT
    if stage == "intermediate_report":
        facts.pop("moments.recovered")
    if stage == "final_report":
        facts |= _DORA_LAST
    if stage.startswith("major"):
        facts |= _DORA_BACK
    case = filled(replace(made.first(), other_regimes={}), facts)
    return replace(case, title="Card payments failed: two gateways encrypted through a supplier's account")


def dispatch(regime: str, stage: str, *, language: str, due_at: datetime | None) -> Dispatch:
    """The notice of a stage."""
    final = stage in FINAL
    first = stage in ("early_warning", "initial_notification")
    return Dispatch(
        id="ntc_01kr8q3b5cfx8d0e2f4g6h8j0k",
        regime=regime,
        stage=stage,
        phase="final" if final else ("initial" if first else "supplementary"),
        number=0 if first or final else 1,
        recipient="financial_supervisor" if regime == "dora" else "csirt",
        language=language,
        status="draft",
        case_version=9,
        snapshot_sha256="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        due_at=due_at,
        drafted_at=made.DRAFTED,
        drafted_by=made.MARA,
    )


def lacking(case: BreachCase, form: Form, phase: Phase) -> tuple[Lacking, ...]:
    """What a form misses."""
    return tuple(
        Lacking(path=one.path, label=one.label, asked_by=f"{form.source}: {one.section}", expected_at=one.expected_at)
        for one in missing(case, form, phase=phase)
    )


def form_for(kind: DocumentKind, stage: str, regime: str) -> Form:
    """The form of a stage."""
    return form_of_duty(find_form(shipped_forms(), kind, day=made.NOON.date(), stage=stage), regime)


def _filings(regime: str, stages: Sequence[str], stage: str, sent: Mapping[str, datetime]) -> list[Filing]:
    before = stages[: stages.index(stage)] if stage in stages else stages[:1]
    return [
        Filing(regime=regime, stage=one, submitted_at=sent[one], received_at=sent[one]) for one in before if one in sent
    ]


_NIS2_SENT: Final = {
    "early_warning": made.NOON + timedelta(hours=21),
    "notification": made.NOON + timedelta(days=3),
}
_DORA_SENT: Final = {
    "initial_notification": CLASSIFIED + timedelta(hours=2),
    "intermediate_report": CLASSIFIED + timedelta(days=2),
    "intermediate_update": CLASSIFIED + timedelta(days=3),
}


def nis2_sent() -> list[Filing]:
    """The early warning and the notification as they went out."""
    return _filings("nis2", NIS2_STAGES, "intermediate", _NIS2_SENT)


def _at(stage: str) -> datetime:
    days = {"notification": 2, "intermediate": 6, "progress": 25, "final": 25, "intermediate_report": 2,
            "intermediate_update": 3, "final_report": 20, "major_incident_reclassified_as_non-major": 4}  # fmt: skip
    if stage in days:
        return (CLASSIFIED if "report" in stage or "update" in stage else made.WRITTEN) + timedelta(days=days[stage])
    return FRIDAY_NIGHT if stage == "initial_notification" else made.WRITTEN


def _earlier(stage: str | None) -> Earlier | None:
    if stage is None:
        return None
    return Earlier(
        id="ntc_01kr8q3a0bej7c9d1e3f5g7h9j", stage=stage, phase="initial", number=0, at=made.TOLD, sha256="b5bb9d80" * 8
    )


def _previous(stages: Sequence[str], stage: str) -> str | None:
    return None if stage == stages[0] else ("notification" if stages[1] == "notification" and stage != "notification"
                                            else stages[max(0, stages.index(stage) - 1)])  # fmt: skip


def nis2_report(
    language: str = "en", stage: str = "early_warning", *, is_own: bool = False, case: BreachCase | None = None
) -> Nis2Report:
    """A stage of the haulier's report, or of the MSSP's own."""
    regime = OWN_REGIME if is_own else "nis2"
    case = nis2_case(stage, is_own=is_own) if case is None else case
    at = _at(stage)
    filings = _filings(regime, NIS2_STAGES, stage, _NIS2_SENT)
    due = made.due(case, at, filings)
    before = _previous(NIS2_STAGES, stage)
    shown = outward(case)
    form = form_for("nis2", stage, regime)
    ends = next((one.due_at for one in due if (one.regime, one.stage) == (regime, stage)), None)
    sent = dispatch(regime, stage, language=language, due_at=ends)
    phase: Phase = "final" if stage in FINAL else "initial"
    head = made.head(language)
    head["generated_at"] = at
    return Nis2Report(
        **head,
        case=shown,
        people=made.PEOPLE,
        deadlines=due,
        notice=sent,
        earlier=_earlier(before),
        changes=() if before is None else made.differences(outward(nis2_case(before, is_own=is_own)), shown),
        missing=lacking(shown, form, phase),
        form=stage_form(shown, form, phase=phase),
        finding=judge_nis2(case, is_own=is_own),
        thresholds=nis2_thresholds(case),
        is_provider=is_own or value_of(case.nis2.entity_kind) == "managed_provider",
    )


def dora_report(
    language: str = "en", stage: str = "initial_notification", *, case: BreachCase | None = None
) -> DoraReport:
    """A stage of the payment institution's report."""
    case = dora_case(stage) if case is None else case
    at = _at(stage)
    filings = _filings("dora", DORA_STAGES[:4], stage, _DORA_SENT)
    due = made.due(case, at, filings)
    before = _previous(DORA_STAGES, stage) if not stage.startswith("major") else "initial_notification"
    shown = outward(case)
    form = form_for("dora", stage, "dora")
    ends = next((one.due_at for one in due if (one.regime, one.stage) == ("dora", stage)), None)
    sent = dispatch("dora", stage, language=language, due_at=ends)
    phase: Phase = "final" if stage in FINAL else "initial"
    head = made.head(language)
    head["generated_at"] = at
    head["customer"] = replace(head["customer"], name="Hansekontor Zahlungen GmbH")
    return DoraReport(
        **head,
        case=shown,
        people=made.PEOPLE,
        deadlines=due,
        notice=sent,
        earlier=_earlier(before),
        changes=() if before is None else made.differences(outward(dora_case(before)), shown),
        missing=with_schema(lacking(shown, form, phase), shown, stage),
        form=stage_form(shown, form, phase=phase),
        finding=classify_dora(case),
        thresholds=dora_thresholds(case),
    )
