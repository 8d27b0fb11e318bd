"""The notice to the controller in Dutch."""

from typing import Final

from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.phrases import Plural

DUTCH: Final = NoticeWords(
    kind="Melding van een inbreuk op persoonsgegevens",
    law="Art. 33, lid 2, AVG: van de verwerker aan de verwerkingsverantwoordelijke",
    happened="Wat er is gebeurd",
    done="Wat er is gedaan",
    nothing_done="Er is nog geen maatregel vastgelegd.",
    decide="Wat u moet beslissen, en wanneer",
    clock_runs="Uw melding aan de toezichthoudende autoriteit moet uiterlijk {due} gedaan zijn, tenzij een risico "
    "voor de personen onwaarschijnlijk is.",
    clock_over="Uw melding aan de toezichthoudende autoriteit had {due} gedaan moeten zijn. Een late melding geeft de "
    "redenen.",
    clock_met="De toezichthoudende autoriteit heeft uw melding op {time} ontvangen.",
    clock_off="Volgens uw beslissing is geen melding aan de toezichthoudende autoriteit vereist.",
    clock_waits="Uw 72 uur hebben nog geen begin: niemand bij u heeft ingevuld wanneer u kennis nam.",
    proposal="Voorgesteld begin: {start}, wanneer deze melding u bereikt. De 72 uur eindigen dan op {due}.",
    who_enters="Uw functionaris voor gegevensbescherming vult het begin in. Wij nooit.",
    question={
        "is_breach": "Is het een inbreuk in verband met persoonsgegevens?",
        "clock.controller_aware_at": "Wanneer nam u kennis?",
        "risk.risk": "Is er een risico voor de personen?",
        "risk.art33_decision": "Wordt aan de toezichthoudende autoriteit gemeld?",
        "risk.art34_decision": "Worden de betrokkenen geïnformeerd?",
    },
    open_question="open",
    open_questions=Plural("Er wacht één beslissing op u.", "Er wachten {n} beslissingen op u."),
    all_decided="Alle beslissingen waar wij om vragen, zijn genomen.",
    suggestion="Ons voorstel, dat niets beslist",
    suggest_notify="Aan de toezichthoudende autoriteit melden.",
    suggest_register="In uw register opnemen; een melding wordt niet voorgesteld.",
    suggest_tell="De betrokkenen informeren.",
    suggest_not_tell="De betrokkenen informeren wordt niet voorgesteld.",
    because="Redenen: {reasons}.",
    weigh="Af te wegen: {reasons}.",
    every_breach="Wij melden u elke inbreuk in verband met persoonsgegevens. Of er een risico is, beoordeelt u.",
    next_update="Wij schrijven opnieuw uiterlijk {time}, of zodra er iets nieuws bekend is.",
    no_next_update="Voor onze volgende melding is geen tijd gezet; wij schrijven zodra er iets nieuws bekend is.",
    reach="Dag en nacht bereikbaar",
    control="Deze melding",
    figures={"persons": "betrokkenen", "records": "registers", "systems": "systemen", "severity": "ernst (ENISA)"},
    to_see="nog open",
    nature="Aard van de inbreuk",
    data="Gegevens en personen",
    consequences="Waarschijnlijke gevolgen",
    measures="Maatregelen",
    regimes="Termijnen en andere regelingen",
    telling="Mededeling aan de betrokkenen (art. 34)",
    telling_lead="U beslist of de betrokkenen worden geïnformeerd. Het moet als een hoog risico waarschijnlijk is.",
    open_points="Open punten",
    sources="Waarop de opgaven berusten",
    applies_by="Geldt een andere plicht?",
    parties="Wie betrokken is",
    method="Hoe deze melding te lezen is",
    withdrawn="Deze melding is ingetrokken: er wordt niet langer van uitgegaan dat persoonsgegevens zijn getroffen.",
)
