"""The register's extract in French."""

from typing import Final

from reports.documents.breach_register.language.phrases import RegisterWords
from reports.language.plurals import PluralFromTwo

FRENCH: Final = RegisterWords(
    kind="Registre des violations de données",
    law="Art. 33, par. 5, du RGPD",
    period="{first} au {last}",
    cases=PluralFromTwo("{n} cas", "{n} cas"),
    counts={
        "cases": "cas",
        "breach": "violations",
        "not_breach": "pas de violation",
        "undecided": "non tranchés",
        "authority": "notification décidée",
        "sent": "autorité notifiée",
        "subjects": "personnes informées",
    },
    open="Ce qui reste en suspens, et pour quand",
    nothing_open="Rien n'est en suspens dans ces cas.",
    by="{what} : au plus tard le {due}",
    at_once="{what} : dans les meilleurs délais",
    overview="Tous les cas de la période",
    empty="Aucun cas n'a été ouvert pendant cette période.",
    opened="Cas ouvert",
    dates="Quand",
    nature="Ce qui s'est passé",
    data="Données",
    persons="Personnes",
    effects="Effets",
    remedy="Mesures prises",
    risk="Risque et motif",
    authority="Autorité (art. 33)",
    subjects="Personnes concernées (art. 34)",
    filings="Notifications envoyées",
    no_filing="Aucune notification n'a été envoyée.",
    received="reçue le {time}, référence {reference}",
    no_receipt="pas encore d'accusé de réception",
    delay="Motifs d'un retard",
    lessons="Enseignements",
    approved="Approuvé par",
    told="informées le {time}",
    data_name="Registre sous forme de données",
    csv="Registre sous forme de tableau",
    attachment="Les faits sont joints sous {name}, le registre sous {csv}, une ligne par cas.",
)
