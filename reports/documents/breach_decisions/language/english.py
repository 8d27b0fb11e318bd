"""The severity and decision record in English."""

from typing import Final

from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.language.phrases import Plural

ENGLISH: Final = DecisionWords(
    kind="Severity and decision record",
    law="Art. 33 and 34 GDPR; severity by ENISA's method",
    undecided="Undecided, by whom, and by when",
    open=Plural("One decision is open.", "{n} decisions are open."),
    none_open="Nothing is open: every decision that the case asks for has been taken.",
    until="{who}, by {due}",
    overdue="{who}; it was due on {due}",
    at_once="{who}, without undue delay",
    regime="Does {name} apply?",
    standing="Decided, by whom, when and why",
    answer="Decision",
    why="Reason",
    advice="Advice and decision",
    advised="Advice, which decides nothing",
    same="as advised",
    differs="differs from the advice; the person's reason counts",
    no_advice="There is no advice: the severity has not been assessed.",
    exemption="Exemption from informing the data subjects (Art. 34(3))",
    no_exemption="No exemption was claimed.",
    log="All decisions in their order",
    approvals="Approvals",
    approvals_none="Nobody has approved or declined the case.",
    of_version="version {n} of the case",
)
