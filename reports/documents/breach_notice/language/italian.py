"""The notice to the controller in Italian."""

from typing import Final

from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.phrases import Plural

ITALIAN: Final = NoticeWords(
    kind="Informazione su una violazione dei dati personali",
    law="Art. 33, par. 2, RGPD: dal responsabile al titolare del trattamento",
    happened="Che cosa è successo",
    done="Che cosa è stato fatto",
    nothing_done="Non è ancora registrata alcuna misura.",
    decide="Che cosa deve decidere, ed entro quando",
    clock_runs="La Sua notifica all'autorità di controllo va fatta entro il {due}, a meno che un rischio per le "
    "persone sia improbabile.",
    clock_over="La Sua notifica all'autorità di controllo andava fatta entro il {due}. Se in ritardo, deve indicarne i "
    "motivi.",
    clock_met="L'autorità di controllo ha ricevuto la Sua notifica il {time}.",
    clock_off="Secondo la Sua decisione non è richiesta alcuna notifica all'autorità di controllo.",
    clock_waits="Le Sue 72 ore non hanno ancora un inizio: nessuno da parte Sua ha inserito quando ne è venuto a "
    "conoscenza.",
    proposal="Inizio proposto: {start}, quando questa informazione Le giunge. Le 72 ore finiscono allora il {due}.",
    who_enters="L'inizio lo inserisce il Suo responsabile della protezione dei dati. Noi mai.",
    question={
        "is_breach": "È una violazione dei dati personali?",
        "clock.controller_aware_at": "Quando ne è venuto a conoscenza?",
        "risk.risk": "C'è un rischio per le persone?",
        "risk.art33_decision": "Si notifica all'autorità di controllo?",
        "risk.art34_decision": "Si informano gli interessati?",
    },
    open_question="aperto",
    open_questions=Plural("Una decisione è in attesa da parte Sua.", "{n} decisioni sono in attesa da parte Sua."),
    all_decided="Tutte le decisioni che chiediamo sono state prese.",
    suggestion="Il nostro suggerimento, che non decide nulla",
    suggest_notify="Notificare all'autorità di controllo.",
    suggest_register="Annotarla nel registro; una notifica non è suggerita.",
    suggest_tell="Informare gli interessati.",
    suggest_not_tell="Informare gli interessati non è suggerito.",
    because="Motivi: {reasons}.",
    weigh="Da valutare: {reasons}.",
    every_breach="La informiamo di ogni violazione dei dati personali. Se vi sia un rischio, lo valuta Lei.",
    next_update="Scriveremo di nuovo entro il {time}, o appena si saprà qualcosa di nuovo.",
    no_next_update="Per la prossima informazione non è fissato un termine; scriveremo appena si saprà qualcosa di "
    "nuovo.",
    reach="Raggiungibili a ogni ora",
    control="Questa informazione",
    figures={"persons": "interessati", "records": "registrazioni", "systems": "sistemi", "severity": "gravità (ENISA)"},
    to_see="ancora aperto",
    nature="Natura della violazione",
    data="Dati e persone",
    consequences="Probabili conseguenze",
    measures="Misure",
    regimes="Termini e altri regimi",
    telling="Comunicazione agli interessati (art. 34)",
    telling_lead="Decide Lei se gli interessati vengono informati. È dovuto se è probabile un rischio elevato.",
    open_points="Punti aperti",
    sources="Su che cosa si basano le indicazioni",
    applies_by="Si applica un altro obbligo?",
    parties="Chi è coinvolto",
    method="Come leggere questa informazione",
    withdrawn="Questa informazione è ritirata: non si ritiene più che siano stati violati dati personali.",
)
