"""The notification draft in Italian."""

from typing import Final

from reports.documents.breach_notification.language.phrases import NotificationWords, SheetWords
from reports.language.phrases import Plural

_SHEET: Final = SheetWords(
    title="Foglio da copiare",
    lead="Un campo per riga, con il valore da incollare. Sulla carta gli indirizzi sono scritti in modo che nessuno "
    "possa cliccarli; {text} e {csv} contengono i valori invariati.",
    number="N.",
    section="Sezione",
    field="Campo",
    value="Valore",
    state="Stato",
    missing="MANCA ANCORA",
    not_stated="(nulla indicato; facoltativo)",
    not_asked="(non richiesto in questo caso)",
    pasted="da incollare",
)

ITALIAN: Final = NotificationWords(
    kind="Notifica di una violazione dei dati personali",
    law="Art. 33 RGPD: dal titolare del trattamento all'autorità di controllo",
    draft="Bozza per il Suo responsabile della protezione dei dati",
    not_sent="Nulla viene inviato da solo. Una persona presenta la notifica all'autorità.",
    decide="Che cosa deve decidere, ed entro quando",
    notify="Deciso: si notifica all'autorità di controllo.",
    not_notify="Deciso: non si notifica all'autorità di controllo. Questa bozza resta allora agli atti.",
    undecided="Nessuno ha ancora deciso se notificare all'autorità di controllo.",
    clock="Le 72 ore finiscono il {due}.",
    clock_over="Le 72 ore sono finite il {due}. La notifica deve indicare i motivi del ritardo.",
    clock_waits="Le 72 ore non hanno un inizio: il Suo responsabile della protezione dei dati inserisce quando ne "
    "siete venuti a conoscenza.",
    clock_met="L'autorità ha ricevuto la prima notifica il {time}.",
    aware="Decorrono dal {start}, inserito da {name}.",
    late_reasons="Motivi del ritardo: {text}",
    no_late_reasons="Mancano ancora i motivi del ritardo. Senza di essi una notifica tardiva non è completa.",
    where="Dove va",
    channel="Via",
    languages="Lingue accettate",
    site="Sito",
    unverified="Nessuno ha confermato di recente sito, lingue e via di questa autorità. Verificarli prima di "
    "presentare.",
    form="Modulo",
    form_general="Il modulo proprio di questa autorità qui non è noto; l'ordine è quello del modulo generale.",
    other_language="Il modulo dell'autorità è in {language}; questa bozza non parla quella lingua ed è scritta in "
    "italiano.",
    steps="Come presentarla oggi",
    step_read="Leggere le risposte alle pagine seguenti.",
    step_missing="Far inserire nel caso ciò che ancora manca, o inserirlo direttamente nel modulo.",
    step_paste="Aprire il foglio da copiare e incollare ogni valore nel campo con lo stesso numero.",
    step_file="Presentare il modulo all'autorità e conservare la ricevuta.",
    step_enter="Inserire nel caso riferimento, ora e ricevuta; questo ferma il termine.",
    answers="Le risposte nell'ordine del modulo",
    answers_lead="I numeri seguono il modulo; il foglio da copiare ha gli stessi.",
    officer="Che cosa inserisce ancora Lei",
    officer_lead="Da compilare quando la notifica è stata presentata, e da inserire nel caso.",
    reference="Riferimento dell'autorità",
    submitted="Presentata il (data, ora, fuso)",
    receipt="Ricevuta conservata come",
    filed_by="Presentata da (nome, funzione)",
    figures="Quanto è completa",
    sources="Su che cosa si basano le risposte",
    attached="Allegati: {json} con tutto, {text} e {csv} con il foglio da copiare.",
    keep="All'autorità va dato ciò che chiede il suo modulo, non questo file: contiene anche le Sue decisioni.",
    text_sheet="Foglio da copiare come testo",
    csv_sheet="Foglio da copiare come tabella",
    sheet=_SHEET,
    filled=Plural("un campo compilato", "{n} campi compilati"),
    to_investigate=Plural("uno in corso di accertamento", "{n} in corso di accertamento"),
    lacking=Plural("uno manca", "{n} mancano"),
)
