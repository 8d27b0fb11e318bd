"""The severity and decision record in French."""

from typing import Final

from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.language.plurals import PluralFromTwo

FRENCH: Final = DecisionWords(
    kind="Gravité et décisions",
    law="Art. 33 et 34 du RGPD ; gravité selon la méthode de l'ENISA",
    undecided="En suspens : qui décide, et pour quand",
    open=PluralFromTwo("Une décision est en suspens.", "{n} décisions sont en suspens."),
    none_open="Rien n'est en suspens : toutes les décisions que le cas demande ont été prises.",
    until="{who}, au plus tard le {due}",
    overdue="{who} ; l'échéance était le {due}",
    at_once="{who}, dans les meilleurs délais",
    regime="{name} s'applique-t-il ?",
    standing="Décidé : quoi, par qui, quand et pourquoi",
    answer="Décision",
    why="Motif",
    advice="Conseil et décision",
    advised="Conseil, qui ne décide de rien",
    same="conforme au conseil",
    differs="s'écarte du conseil ; le motif de la personne fait foi",
    no_advice="Il n'y a pas de conseil : la gravité n'a pas été évaluée.",
    exemption="Dispense d'informer les personnes concernées (art. 34, par. 3)",
    no_exemption="Aucune dispense n'a été invoquée.",
    log="Toutes les décisions dans leur ordre",
    approvals="Approbations",
    approvals_none="Personne n'a approuvé ni refusé le cas.",
    of_version="version {n} du cas",
)
