"""The register's extract in Italian."""

from typing import Final

from reports.documents.breach_register.language.phrases import RegisterWords
from reports.language.phrases import Plural

ITALIAN: Final = RegisterWords(
    kind="Registro delle violazioni di dati",
    law="Art. 33, par. 5, del GDPR",
    period="{first} / {last}",
    cases=Plural("{n} caso", "{n} casi"),
    counts={
        "cases": "casi",
        "breach": "violazioni",
        "not_breach": "nessuna violazione",
        "undecided": "non decisi",
        "authority": "notifica decisa",
        "sent": "notificati all'autorità",
        "subjects": "interessati informati",
    },
    open="Che cosa resta in sospeso, ed entro quando",
    nothing_open="In questi casi nulla è in sospeso.",
    by="{what}: entro il {due}",
    at_once="{what}: senza ingiustificato ritardo",
    overview="Tutti i casi del periodo",
    empty="In questo periodo non è stato aperto alcun caso.",
    opened="Caso aperto",
    dates="Quando",
    nature="Che cosa è accaduto",
    data="Dati",
    persons="Persone",
    effects="Effetti",
    remedy="Rimedi",
    risk="Rischio e motivo",
    authority="Autorità (art. 33)",
    subjects="Interessati (art. 34)",
    filings="Notifiche inviate",
    no_filing="Non è stata inviata alcuna notifica.",
    received="ricevuta il {time}, riferimento {reference}",
    no_receipt="ancora nessuna ricevuta",
    delay="Motivi di un ritardo",
    lessons="Insegnamenti",
    approved="Approvato da",
    told="informati il {time}",
    data_name="Registro come dati",
    csv="Registro come tabella",
    attachment="I fatti sono allegati come {name}, il registro come {csv}, una riga per caso.",
)
