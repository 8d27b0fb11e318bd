"""The control evidence report in Italian."""

from typing import Final

from reports.documents.controls.language.phrases import Amounts, Asking, ControlWords, Cover, Sections
from reports.language.phrases import Plural

_COVER: Final = Cover(
    kind="Rapporto sulle evidenze dei controlli",
    period="dal {first} al {last}",
    controls=Plural("{n} controllo", "{n} controlli"),
    standing="Come stanno i controlli",
    standing_alt="{controls}: {parts}",
    outcome="Risultato",
    number="Controlli",
    meaning="Che cosa significa",
    meanings={
        "supported": "Ogni numero relativo al controllo raggiunge quanto richiesto.",
        "partly_supported": "Alcuni numeri lo raggiungono, altri no, o solo per una parte del periodo.",
        "not_supported": "Nessun numero raggiunge quanto richiesto.",
        "no_data": "Nessuno ha misurato o inserito un numero. Non è un buon risultato.",
        "not_in_scope": "Le registrazioni di un SOC non possono mostrarlo.",
    },
    needed="Che cosa serve",
    decisions=Plural("{n} decisione da parte Sua", "{n} decisioni da parte Sua"),
    entries=Plural("{n} inserimento da parte Sua", "{n} inserimenti da parte Sua"),
    tasks=Plural("{n} compito del SOC", "{n} compiti del SOC"),
    nothing_needed="Niente. Nessuna decisione e nessun inserimento è in attesa da parte Sua.",
    nothing_needed_reason="Ogni numero misurabile o da inserire è presente e raggiunge quanto richiesto.",
    more_needed=Plural(
        "Un altro punto si trova nella sezione su ciò che serve.",
        "Altri {n} punti si trovano nella sezione su ciò che serve.",
    ),
    changed="Che cosa è cambiato dal periodo precedente",
    changes="Meglio: {better}. Peggio: {worse}. Nessun cambiamento oltre il caso: {still}. Troppo pochi casi per dirlo "
    "(n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10): {few}. Non confrontabile: {none}.",
    no_previous="Non ci sono numeri di un periodo precedente.",
    more_changes=Plural(
        "Un altro si trova nella sezione sui cambiamenti.", "Altri {n} si trovano nella sezione sui cambiamenti."
    ),
    no_verdict="Questo rapporto mostra fino a che punto le registrazioni sostengono i singoli controlli. Se l'insieme "
    "sia soddisfatto spetta dirlo a un revisore o a un'autorità.",
)

_ASKING: Final = Asking(
    heading="Che cosa serve, e da chi",
    lead="Una riga per ogni numero che manca o che non raggiunge quanto richiesto. Indicare la persona che risponde.",
    to_decide="{metric}: {value}; richiesto: {threshold}. Decidere come raggiungerlo o perché no.",
    to_enter="Non inserito per questo periodo: {metrics}. Inserirlo con la relativa prova.",
    to_repair="{metric}: {value}; richiesto: {threshold}. Il SOC indica causa e rimedio.",
    to_bring="Senza dati: {metrics}. Il SOC indica quale fonte manca.",
    who="Da",
    what="Che cosa",
    controls="Controlli",
    answer="Persona e data",
    answer_slot="da indicare",
)

_AMOUNTS: Final = Amounts(
    decimal=",",
    percent="{n}%",
    days=Plural("{n} giorno", "{n} giorni"),
    hours=Plural("{n} ora", "{n} ore"),
    minutes=Plural("{n} minuto", "{n} minuti"),
    part="{part} su {whole}",
    at_least="almeno {number}",
    at_most="al massimo {number}",
    sources={"default": "numero consueto", "contract": "numero Suo proprio", "standard": "fissato dalla norma"},
    fixed_by="fissato da {source}",
    cases="n = {n}",
)

_SECTIONS: Final = Sections(
    glance="Tutti i controlli in sintesi",
    changes="Cambiamenti dal periodo precedente",
    changes_lead="Periodi confrontati: {period} e {previous}. Una quota è cambiata quando il caso dà una "
    "differenza così "
    "grande in meno di un caso su venti; con meno di dieci casi da un lato non si dice nulla.",
    each="Controllo per controllo",
    beyond="Che cosa questo rapporto non può mostrare",
    beyond_lead="Nessuna registrazione di un SOC prova quanto segue. Tenere un proprio documento e indicarlo qui.",
    beyond_what="Che cosa resta aperto",
    beyond_file="Documento proprio, persona, data",
    beyond_slot="da indicare",
    given="File consegnati con gli inserimenti",
    given_by="Inserito da",
    given_at="Il",
    given_file="File",
    definitions="Che cosa si conta",
    definitions_lead="Ogni tipo di evidenza con la sua definizione e i numeri che accompagnano quelli valutati.",
    needs="Da dove viene il numero",
    gaps="Lacune nei dati",
    gaps_lead="Dove manca qualcosa, un numero poggia su meno del dovuto. L'assenza di dati non è mai un buon "
    "risultato.",
    no_gaps="Non risulta alcuna lacuna.",
    control="Controllo",
    words="Con parole nostre",
    evidence="Evidenza",
    metric="Numero",
    value="Valore",
    threshold="Richiesto",
    result="Risultato",
    before="Prima",
    now="Ora",
    change="Cambiamento",
    exceptions=Plural("Un'eccezione", "{n} eccezioni"),
    more_exceptions=Plural("un'altra in allegato", "altre {n} in allegato"),
    sample="Campione di registrazioni",
    entered="Inserito da {person}, {day}",
    unconfirmed="riferimento ancora da verificare nella norma",
    unconfirmed_number="ancora da verificare nella norma",
    out_of_scope="Resta aperto",
    framework="Quadro",
    rules="Versione delle definizioni",
    attachment="I dati di questo rapporto sono allegati come {name}, tutti i risultati come {csv}, una riga per "
    "risultato.",
    whole_data="Dati del rapporto sulle evidenze dei controlli",
    csv="Tutti i risultati in tabella",
)

ITALIAN: Final = ControlWords(
    cover=_COVER,
    asking=_ASKING,
    amounts=_AMOUNTS,
    sections=_SECTIONS,
    change={
        "better": "meglio",
        "worse": "peggio",
        "same": "invariato",
        "noise": "nessun cambiamento oltre il caso",
        "too_few": "troppo pochi casi (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)",
        "no_previous": "nessun numero prima",
        "lost": "nessun numero ora",
    },
)
