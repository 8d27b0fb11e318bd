"""The control evidence report in German."""

from typing import Final

from reports.documents.controls.language.phrases import Amounts, Asking, ControlWords, Cover, Sections
from reports.language.phrases import Plural

_COVER: Final = Cover(
    kind="Nachweisbericht zu Kontrollen",
    period="{first} bis {last}",
    controls=Plural("{n} Kontrolle", "{n} Kontrollen"),
    standing="Wie die Kontrollen stehen",
    standing_alt="{controls}: {parts}",
    outcome="Ergebnis",
    number="Kontrollen",
    meaning="Was es bedeutet",
    meanings={
        "supported": "Jede Zahl zu der Kontrolle erreicht, was verlangt ist.",
        "partly_supported": "Manche Zahlen erreichen es, andere nicht oder nur für einen Teil des Zeitraums.",
        "not_supported": "Keine Zahl erreicht, was verlangt ist.",
        "no_data": "Niemand hat eine Zahl gemessen oder eingetragen. Das ist kein gutes Ergebnis.",
        "not_in_scope": "Aufzeichnungen eines SOC können es nicht zeigen.",
    },
    needed="Was gebraucht wird",
    decisions=Plural("{n} Entscheidung von Ihnen", "{n} Entscheidungen von Ihnen"),
    entries=Plural("{n} Eintrag von Ihnen", "{n} Einträge von Ihnen"),
    tasks=Plural("{n} Aufgabe des SOC", "{n} Aufgaben des SOC"),
    nothing_needed="Nichts. Keine Entscheidung und kein Eintrag wartet auf Sie.",
    nothing_needed_reason="Jede Zahl, die gemessen oder eingetragen werden kann, liegt vor und erreicht, was verlangt "
    "ist.",
    more_needed=Plural(
        "Ein weiterer Punkt steht im Abschnitt zu dem, was gebraucht wird.",
        "{n} weitere Punkte stehen im Abschnitt zu dem, was gebraucht wird.",
    ),
    changed="Was sich seit dem vorigen Zeitraum geändert hat",
    changes="Besser: {better}. Schlechter: {worse}. Keine Änderung über den Zufall hinaus: {still}. Zu wenige "
    "Fälle für "
    "eine Aussage (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10): {few}. Nicht vergleichbar: {none}.",
    no_previous="Es gibt keine Zahlen eines vorigen Zeitraums.",
    more_changes=Plural(
        "Eine weitere steht im Abschnitt zu den Änderungen.", "{n} weitere stehen im Abschnitt zu den Änderungen."
    ),
    no_verdict="Dieser Bericht zeigt, wie weit Aufzeichnungen einzelne Kontrollen stützen. Ob das Ganze erfüllt ist, "
    "sagt eine Prüfstelle oder Behörde.",
)

_ASKING: Final = Asking(
    heading="Was gebraucht wird, und von wem",
    lead="Eine Zeile für jede Zahl, die fehlt oder nicht erreicht, was verlangt ist. Bitte nennen Sie die Person, die "
    "antwortet.",
    to_decide="{metric}: {value}; verlangt: {threshold}. Entscheiden Sie, wie es erreicht wird oder warum nicht.",
    to_enter="Für diesen Zeitraum nicht eingetragen: {metrics}. Bitte mit Nachweis eintragen.",
    to_repair="{metric}: {value}; verlangt: {threshold}. Das SOC nennt Ursache und Abhilfe.",
    to_bring="Ohne Daten: {metrics}. Das SOC sagt, welche Quelle fehlt.",
    who="Von",
    what="Was",
    controls="Kontrollen",
    answer="Person und Datum",
    answer_slot="zu benennen",
)

_AMOUNTS: Final = Amounts(
    decimal=",",
    percent="{n}\N{NO-BREAK SPACE}%",
    days=Plural("{n} Tag", "{n} Tage"),
    hours=Plural("{n} Stunde", "{n} Stunden"),
    minutes=Plural("{n} Minute", "{n} Minuten"),
    part="{part} von {whole}",
    at_least="mindestens {number}",
    at_most="höchstens {number}",
    sources={"default": "übliche Zahl", "contract": "Ihre eigene Zahl", "standard": "vom Standard festgelegt"},
    fixed_by="festgelegt durch {source}",
    cases="n = {n}",
)

_SECTIONS: Final = Sections(
    glance="Alle Kontrollen auf einen Blick",
    changes="Änderungen seit dem vorigen Zeitraum",
    changes_lead="Verglichen sind {period} und {previous}. Ein Anteil hat sich geändert, wenn der Zufall einen "
    "so großen "
    "Unterschied in weniger als einem von zwanzig Fällen ergibt; bei weniger als zehn Fällen auf einer Seite wird "
    "nichts gesagt.",
    each="Kontrolle für Kontrolle",
    beyond="Was dieser Bericht nicht zeigen kann",
    beyond_lead="Das Folgende belegt keine Aufzeichnung eines SOC. Bitte führen Sie dafür eine eigene Unterlage und "
    "nennen Sie sie hier.",
    beyond_what="Was offen bleibt",
    beyond_file="Eigene Unterlage, Person, Datum",
    beyond_slot="zu benennen",
    given="Dateien, die mit Einträgen übergeben wurden",
    given_by="Eingetragen von",
    given_at="Am",
    given_file="Datei",
    definitions="Was gezählt wird",
    definitions_lead="Jede Nachweisart mit ihrer Definition und den Zahlen, die neben den bewerteten stehen.",
    needs="Woher die Zahl kommt",
    gaps="Lücken in den Daten",
    gaps_lead="Wo etwas fehlt, ruht eine Zahl auf weniger, als sie sollte. Keine Daten sind nie ein gutes Ergebnis.",
    no_gaps="Es ist keine Lücke verzeichnet.",
    control="Kontrolle",
    words="In unseren Worten",
    evidence="Nachweis",
    metric="Zahl",
    value="Wert",
    threshold="Verlangt",
    result="Ergebnis",
    before="Zuvor",
    now="Jetzt",
    change="Änderung",
    exceptions=Plural("Eine Ausnahme", "{n} Ausnahmen"),
    more_exceptions=Plural("eine weitere im Anhang", "{n} weitere im Anhang"),
    sample="Stichprobe der Datensätze",
    entered="Eingetragen von {person}, {day}",
    unconfirmed="Fundstelle im Standard noch zu prüfen",
    unconfirmed_number="im Standard noch zu prüfen",
    out_of_scope="Bleibt offen",
    framework="Rahmenwerk",
    rules="Fassung der Definitionen",
    attachment="Die Daten dieses Berichts sind als {name} angehängt, alle Ergebnisse als {csv}, eine Zeile je "
    "Ergebnis.",
    whole_data="Daten des Nachweisberichts zu Kontrollen",
    csv="Alle Ergebnisse als Tabelle",
)

GERMAN: Final = ControlWords(
    cover=_COVER,
    asking=_ASKING,
    amounts=_AMOUNTS,
    sections=_SECTIONS,
    change={
        "better": "besser",
        "worse": "schlechter",
        "same": "unverändert",
        "noise": "keine Änderung über den Zufall hinaus",
        "too_few": "zu wenige Fälle (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)",
        "no_previous": "zuvor keine Zahl",
        "lost": "jetzt keine Zahl",
    },
)
