"""The DORA report in Italian."""

from typing import Final

from reports.documents.dora.language.phrases import DoraWords
from reports.language.phrases import Plural

ITALIAN: Final = DoraWords(
    kind="Segnalazione di incidente DORA",
    stage={
        "initial_notification": "Notifica iniziale",
        "intermediate_report": "Relazione intermedia",
        "intermediate_update": "Relazione intermedia aggiornata",
        "final_report": "Relazione finale",
        "major_incident_reclassified_as_non-major": "Incidente grave riclassificato come non grave",
    },
    decision={
        "yes": "Deciso: è un incidente grave connesso alle TIC.",
        "no": "Deciso: non è un incidente grave connesso alle TIC.",
        "open": "Nessuno ha ancora deciso se è un incidente grave connesso alle TIC.",
    },
    rules={
        "yes": "Secondo le regole è un incidente grave connesso alle TIC.",
        "no": "Secondo le regole non è un incidente grave connesso alle TIC.",
        "open": (
            "Da quanto indicato, le regole non permettono ancora di dire se è un incidente grave connesso alle TIC."
        ),
    },
    how="Regolamento (UE) 2024/1772, art. 8: sono interessati servizi critici e, inoltre, vi è stato un "
    "accesso malevolo che può causare perdite di dati oppure sono soddisfatti almeno {n} degli altri "
    "criteri.",
    differs_from_stated="Indicato nel campo 2.5: {stated}. Soddisfatto secondo le regole: {found}.",
    criteria={
        "critical_services": "Sono interessati servizi critici",
        "malicious_access": "Accesso riuscito, malevolo e non autorizzato che può causare perdite di dati",
        "clients_counterparts_transactions": (
            "Più del {clients_percent} % o di {clients} dei clienti del servizio, più del "
            "{counterparts_percent} % delle controparti finanziarie, più del {transactions_percent} % del "
            "numero o del valore giornalieri delle operazioni, oppure un cliente o una controparte "
            "rilevanti"
        ),
        "reputation": "Media, reclami ripetuti, obblighi normativi non rispettati o clienti perduti",
        "duration_downtime": "Più di {duration}, o servizi critici inattivi per più di {downtime}",
        "geographical_spread": "Un impatto in almeno {states} Stati membri",
        "data_losses": "Perdita di disponibilità, autenticità, integrità o riservatezza di dati con effetti negativi",
        "economic_impact": "Costi e perdite superiori a {cost} EUR",
    },
    submission="Tipo di segnalazione",
    reference="Riferimento dell'incidente dell'entità finanziaria",
    data_title="La segnalazione come dati per l'autorità di vigilanza",
    data_whole="Il JSON allegato contiene tutto ciò che lo schema delle autorità di vigilanza richiede in questa fase.",
    data_open=Plural(
        "Il JSON allegato non è pronto per la presentazione: è aperta una voce dello schema.",
        "Il JSON allegato non è pronto per la presentazione: sono aperte {n} voci dello schema.",
    ),
    data_lead="Allegato come {name}, secondo lo schema JSON 1.2.1 di EBA, EIOPA ed ESMA. Contiene gli stessi "
    "fatti di questa segnalazione e nient'altro; ciò che non è indicato è omesso.",
    data_description="Segnalazione di incidente per la vigilanza finanziaria, schema JSON 1.2.1",
    why="Perché non figura nei dati",
    faults={
        "lei": "LEI non valido: la forma o le cifre di controllo sono errate.",
        "email": "Indirizzo e-mail di una forma che lo schema non accetta.",
        "phone": "Numero di telefono di una forma che lo schema non accetta.",
        "too_long": "Più lungo di quanto lo schema accetta.",
        "too_many_days": "Più di 999 giorni.",
        "share": "La parte è maggiore del tutto; il numero è comunicato senza la sua quota.",
        "currency": "Il caso tiene euro; la segnalazione è in un'altra valuta.",
        "country": "Non è uno Stato dello Spazio economico europeo secondo il suo codice.",
        "incomplete": "Indicato, ma senza una parte che lo schema richiede.",
        "schema": "In questo punto dei dati, diverso da ciò che lo schema chiede.",
    },
    attached="Tutti i fatti di questa segnalazione sono allegati come {json}, la segnalazione per la vigilanza "
    "come {report}.",
)
