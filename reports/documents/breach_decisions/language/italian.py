"""The severity and decision record in Italian."""

from typing import Final

from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.language.phrases import Plural

ITALIAN: Final = DecisionWords(
    kind="Gravità e decisioni",
    law="Artt. 33 e 34 del GDPR; gravità secondo il metodo ENISA",
    undecided="In sospeso: chi decide ed entro quando",
    open=Plural("Una decisione è in sospeso.", "{n} decisioni sono in sospeso."),
    none_open="Nulla è in sospeso: tutte le decisioni che il caso richiede sono state prese.",
    until="{who}, entro il {due}",
    overdue="{who}; il termine era il {due}",
    at_once="{who}, senza ingiustificato ritardo",
    regime="Si applica {name}?",
    standing="Deciso: che cosa, da chi, quando e perché",
    answer="Decisione",
    why="Motivo",
    advice="Consiglio e decisione",
    advised="Consiglio, che non decide nulla",
    same="come consigliato",
    differs="si discosta dal consiglio; conta il motivo della persona",
    no_advice="Non c'è un consiglio: la gravità non è stata valutata.",
    exemption="Esenzione dalla comunicazione agli interessati (art. 34, par. 3)",
    no_exemption="Nessuna esenzione è stata invocata.",
    log="Tutte le decisioni nel loro ordine",
    approvals="Approvazioni",
    approvals_none="Nessuno ha approvato o respinto il caso.",
    of_version="versione {n} del caso",
)
