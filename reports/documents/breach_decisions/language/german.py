"""The severity and decision record in German."""

from typing import Final

from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.language.phrases import Plural

GERMAN: Final = DecisionWords(
    kind="Schweregrad und Entscheidungen",
    law="Art. 33 und 34 DSGVO; Schweregrad nach der Methode der ENISA",
    undecided="Offen: wer entscheidet bis wann",
    open=Plural("Eine Entscheidung ist offen.", "{n} Entscheidungen sind offen."),
    none_open="Nichts ist offen: jede Entscheidung, die der Fall verlangt, ist getroffen.",
    until="{who}, bis {due}",
    overdue="{who}; fällig war es am {due}",
    at_once="{who}, unverzüglich",
    regime="Gilt {name}?",
    standing="Entschieden: was, durch wen, wann und warum",
    answer="Entscheidung",
    why="Begründung",
    advice="Rat und Entscheidung",
    advised="Rat, der nichts entscheidet",
    same="wie geraten",
    differs="weicht vom Rat ab; es zählt die Begründung der Person",
    no_advice="Es gibt keinen Rat: der Schweregrad ist noch nicht bewertet.",
    exemption="Ausnahme von der Benachrichtigung (Art. 34 Abs. 3)",
    no_exemption="Keine Ausnahme wurde geltend gemacht.",
    log="Alle Entscheidungen in ihrer Reihenfolge",
    approvals="Freigaben",
    approvals_none="Niemand hat den Fall freigegeben oder abgelehnt.",
    of_version="Version {n} des Falls",
)
