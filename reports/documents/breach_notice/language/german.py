"""The notice to the controller in German."""

from typing import Final

from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.phrases import Plural

GERMAN: Final = NoticeWords(
    kind="Meldung einer Datenschutzverletzung",
    law="Art. 33 Abs. 2 DSGVO: vom Auftragsverarbeiter an den Verantwortlichen",
    happened="Was geschehen ist",
    done="Was getan wurde",
    nothing_done="Noch ist keine Maßnahme eingetragen.",
    decide="Was Sie entscheiden müssen, und bis wann",
    clock_runs="Ihre Meldung an die Aufsichtsbehörde ist bis {due} fällig, außer ein Risiko für die Personen ist "
    "unwahrscheinlich.",
    clock_over="Ihre Meldung an die Aufsichtsbehörde war am {due} fällig. Eine verspätete muss die Gründe nennen.",
    clock_met="Die Aufsichtsbehörde hat Ihre Meldung am {time} erhalten.",
    clock_off="Nach Ihrer Entscheidung ist keine Meldung an die Aufsichtsbehörde erforderlich.",
    clock_waits="Ihre 72 Stunden haben noch keinen Beginn: niemand bei Ihnen hat eingetragen, wann Ihnen die "
    "Verletzung bekannt wurde.",
    proposal="Vorgeschlagener Beginn: {start}, wenn diese Meldung Sie erreicht. Die 72 Stunden enden dann am {due}.",
    who_enters="Den Beginn trägt Ihr Datenschutzbeauftragter ein. Wir tun das nie.",
    question={
        "is_breach": "Sind personenbezogene Daten verletzt?",
        "clock.controller_aware_at": "Wann wurde es Ihnen bekannt?",
        "risk.risk": "Besteht ein Risiko für die Personen?",
        "risk.art33_decision": "Wird der Aufsichtsbehörde gemeldet?",
        "risk.art34_decision": "Werden die betroffenen Personen benachrichtigt?",
    },
    open_question="offen",
    open_questions=Plural("Eine Entscheidung wartet auf Sie.", "{n} Entscheidungen warten auf Sie."),
    all_decided="Alle Entscheidungen, um die wir bitten, sind getroffen.",
    suggestion="Unser Vorschlag, der nichts entscheidet",
    suggest_notify="Der Aufsichtsbehörde melden.",
    suggest_register="In Ihr Verzeichnis eintragen; eine Meldung wird nicht vorgeschlagen.",
    suggest_tell="Die betroffenen Personen benachrichtigen.",
    suggest_not_tell="Eine Benachrichtigung der betroffenen Personen wird nicht vorgeschlagen.",
    because="Gründe: {reasons}.",
    weigh="Abzuwägen: {reasons}.",
    every_breach="Wir melden Ihnen jede Verletzung des Schutzes personenbezogener Daten. Ob ein Risiko besteht, "
    "beurteilen Sie.",
    next_update="Wir schreiben wieder bis {time}, oder sobald Neues bekannt ist.",
    no_next_update="Für unsere nächste Meldung ist keine Zeit gesetzt; wir schreiben, sobald Neues bekannt ist.",
    reach="Rund um die Uhr erreichbar",
    control="Diese Meldung",
    figures={
        "persons": "betroffene Personen",
        "records": "Datensätze",
        "systems": "Systeme",
        "severity": "Schweregrad (ENISA)",
    },
    to_see="noch offen",
    nature="Art der Verletzung",
    data="Daten und Personen",
    consequences="Wahrscheinliche Folgen",
    measures="Maßnahmen",
    regimes="Fristen und andere Meldepflichten",
    telling="Benachrichtigung der betroffenen Personen (Art. 34)",
    telling_lead="Ob die betroffenen Personen benachrichtigt werden, entscheiden Sie. Es ist geboten, wenn ein hohes "
    "Risiko wahrscheinlich ist.",
    open_points="Offene Punkte",
    sources="Worauf die Angaben beruhen",
    applies_by="Gilt eine andere Pflicht?",
    parties="Wer beteiligt ist",
    method="Wie diese Meldung zu lesen ist",
    withdrawn="Diese Meldung ist zurückgenommen: es wird nicht mehr angenommen, dass personenbezogene Daten verletzt "
    "wurden.",
)
