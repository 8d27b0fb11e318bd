"""The notification draft in German."""

from typing import Final

from reports.documents.breach_notification.language.phrases import NotificationWords, SheetWords
from reports.language.phrases import Plural

_SHEET: Final = SheetWords(
    title="Kopierblatt",
    lead="Ein Feld je Zeile mit dem Wert, der eingefügt wird. Auf dem Papier sind Adressen so geschrieben, dass "
    "niemand sie anklicken kann; {text} und {csv} enthalten die Werte unverändert.",
    number="Nr.",
    section="Abschnitt",
    field="Feld",
    value="Wert",
    state="Stand",
    missing="FEHLT NOCH",
    not_stated="(nichts angegeben; freiwillig)",
    not_asked="(in diesem Fall nicht verlangt)",
    pasted="einzufügen",
)

GERMAN: Final = NotificationWords(
    kind="Meldung einer Datenschutzverletzung",
    law="Art. 33 DSGVO: vom Verantwortlichen an die Aufsichtsbehörde",
    draft="Entwurf für Ihren Datenschutzbeauftragten",
    not_sent="Nichts wird von selbst gesendet. Ein Mensch reicht die Meldung bei der Behörde ein.",
    decide="Was Sie entscheiden müssen, und bis wann",
    notify="Entschieden: Der Aufsichtsbehörde wird gemeldet.",
    not_notify="Entschieden: Der Aufsichtsbehörde wird nicht gemeldet. Dieser Entwurf ist dann für Ihre Akten.",
    undecided="Noch hat niemand entschieden, ob der Aufsichtsbehörde gemeldet wird.",
    clock="Die 72 Stunden enden am {due}.",
    clock_over="Die 72 Stunden endeten am {due}. Die Meldung muss die Gründe für die Verzögerung nennen.",
    clock_waits="Die 72 Stunden haben keinen Beginn: Ihr Datenschutzbeauftragter trägt ein, wann Ihnen die "
    "Verletzung bekannt wurde.",
    clock_met="Die Behörde hat die Erstmeldung am {time} erhalten.",
    aware="Sie laufen seit {start}, eingetragen von {name}.",
    late_reasons="Gründe für die Verzögerung: {text}",
    no_late_reasons="Die Gründe für die Verzögerung fehlen noch. Ohne sie ist eine verspätete Meldung nicht "
    "vollständig.",
    where="Wohin sie geht",
    channel="Weg",
    languages="Angenommene Sprachen",
    site="Website",
    unverified="Website, Sprachen und Weg dieser Behörde hat zuletzt niemand bestätigt. Prüfen Sie sie, bevor Sie "
    "einreichen.",
    form="Formular",
    form_general="Das eigene Formular dieser Behörde ist hier nicht bekannt; die Reihenfolge ist die des allgemeinen "
    "Formulars.",
    other_language="Das Formular der Behörde ist in der Sprache {language}; dieser Entwurf spricht sie nicht und ist "
    "deutsch geschrieben.",
    steps="So reichen Sie sie heute ein",
    step_read="Lesen Sie die Antworten auf den nächsten Seiten.",
    step_missing="Lassen Sie eintragen, was noch fehlt, oder tragen Sie es selbst ins Formular ein.",
    step_paste="Öffnen Sie das Kopierblatt und fügen Sie jeden Wert in das Feld des Formulars mit derselben Nummer "
    "ein.",
    step_file="Reichen Sie das Formular bei der Behörde ein und bewahren Sie die Eingangsbestätigung auf.",
    step_enter="Tragen Sie Aktenzeichen, Zeit und Bestätigung in den Fall ein; das hält die Frist an.",
    answers="Die Antworten in der Reihenfolge des Formulars",
    answers_lead="Die Nummern laufen durch das Formular; das Kopierblatt hat dieselben.",
    officer="Was Sie noch eintragen",
    officer_lead="Auszufüllen, wenn die Meldung eingereicht ist, und in den Fall einzutragen.",
    reference="Aktenzeichen der Behörde",
    submitted="Eingereicht am (Tag, Zeit, Zone)",
    receipt="Bestätigung abgelegt unter",
    filed_by="Eingereicht von (Name, Funktion)",
    figures="Wie vollständig sie ist",
    sources="Worauf die Antworten beruhen",
    attached="Beigefügt: {json} mit allem, {text} und {csv} mit dem Kopierblatt.",
    keep="Geben Sie der Behörde, wonach ihr Formular fragt, und nicht diese Datei: sie enthält auch Ihre eigenen "
    "Entscheidungen.",
    text_sheet="Kopierblatt als Text",
    csv_sheet="Kopierblatt als Tabelle",
    sheet=_SHEET,
    filled=Plural("ein Feld ausgefüllt", "{n} Felder ausgefüllt"),
    to_investigate=Plural("eines wird untersucht", "{n} werden untersucht"),
    lacking=Plural("eines fehlt", "{n} fehlen"),
)
