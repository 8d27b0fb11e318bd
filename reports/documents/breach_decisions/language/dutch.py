"""The severity and decision record in Dutch."""

from typing import Final

from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.language.phrases import Plural

DUTCH: Final = DecisionWords(
    kind="Ernst en besluiten",
    law="Art. 33 en 34 AVG; ernst volgens de methode van ENISA",
    undecided="Open: wie besluit, en vóór wanneer",
    open=Plural("Eén besluit staat open.", "{n} besluiten staan open."),
    none_open="Er staat niets open: elk besluit dat de zaak vraagt, is genomen.",
    until="{who}, uiterlijk {due}",
    overdue="{who}; dit moest uiterlijk {due}",
    at_once="{who}, zonder onredelijke vertraging",
    regime="Geldt {name}?",
    standing="Besloten: wat, door wie, wanneer en waarom",
    answer="Besluit",
    why="Reden",
    advice="Advies en besluit",
    advised="Advies, dat niets besluit",
    same="volgens het advies",
    differs="wijkt af van het advies; de reden van de persoon telt",
    no_advice="Er is geen advies: de ernst is niet beoordeeld.",
    exemption="Uitzondering op de mededeling aan betrokkenen (art. 34, lid 3)",
    no_exemption="Er is geen beroep op een uitzondering gedaan.",
    log="Alle besluiten in hun volgorde",
    approvals="Goedkeuringen",
    approvals_none="Niemand heeft de zaak goedgekeurd of afgewezen.",
    of_version="versie {n} van de zaak",
)
