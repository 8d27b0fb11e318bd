"""The notice to the controller in French."""

from typing import Final

from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.plurals import PluralFromTwo as Plural

FRENCH: Final = NoticeWords(
    kind="Notification d'une violation de données",
    law="Art. 33, par. 2, RGPD : du sous-traitant au responsable du traitement",
    happened="Ce qui s'est passé",
    done="Ce qui a été fait",
    nothing_done="Aucune mesure n'est encore enregistrée.",
    decide="Ce que vous devez décider, et quand",
    clock_runs="Votre notification à l'autorité de contrôle est attendue au plus tard le {due}, sauf si un risque pour "
    "les personnes est improbable.",
    clock_over="Votre notification à l'autorité de contrôle était attendue le {due}. En retard, elle doit en donner "
    "les motifs.",
    clock_met="L'autorité de contrôle a reçu votre notification le {time}.",
    clock_off="Selon votre décision, aucune notification à l'autorité de contrôle n'est requise.",
    clock_waits="Vos 72 heures n'ont pas encore de début : personne chez vous n'a saisi le moment de la prise de "
    "connaissance.",
    proposal="Début proposé : {start}, quand cette notification vous parvient. Les 72 heures finissent alors le {due}.",
    who_enters="Votre délégué à la protection des données saisit le début. Nous ne le faisons jamais.",
    question={
        "is_breach": "Est-ce une violation de données à caractère personnel ?",
        "clock.controller_aware_at": "Quand en avez-vous pris connaissance ?",
        "risk.risk": "Existe-t-il un risque pour les personnes ?",
        "risk.art33_decision": "L'autorité de contrôle est-elle notifiée ?",
        "risk.art34_decision": "Les personnes concernées sont-elles informées ?",
    },
    open_question="ouvert",
    open_questions=Plural("{n} décision est attendue de votre part.", "{n} décisions sont attendues de votre part."),
    all_decided="Toutes les décisions que nous demandons sont prises.",
    suggestion="Notre suggestion, qui ne décide rien",
    suggest_notify="Notifier à l'autorité de contrôle.",
    suggest_register="Inscrire au registre ; une notification n'est pas suggérée.",
    suggest_tell="Informer les personnes concernées.",
    suggest_not_tell="Informer les personnes concernées n'est pas suggéré.",
    because="Motifs : {reasons}.",
    weigh="À peser : {reasons}.",
    every_breach="Nous vous notifions toute violation de données à caractère personnel. S'il existe un risque, vous en "
    "jugez.",
    next_update="Nous vous écrirons de nouveau d'ici le {time}, ou dès que du nouveau sera connu.",
    no_next_update="Aucune date n'est fixée pour notre prochaine notification ; nous écrirons dès que du nouveau sera "
    "connu.",
    reach="Joignables à toute heure",
    control="Cette notification",
    figures={
        "persons": "personnes concernées",
        "records": "enregistrements",
        "systems": "systèmes",
        "severity": "gravité (ENISA)",
    },
    to_see="encore ouvert",
    nature="Nature de la violation",
    data="Données et personnes",
    consequences="Conséquences probables",
    measures="Mesures",
    regimes="Délais et autres régimes",
    telling="Communication aux personnes concernées (art. 34)",
    telling_lead="Vous décidez si les personnes concernées sont informées. C'est requis si un risque élevé est "
    "probable.",
    open_points="Points ouverts",
    sources="Sur quoi reposent les indications",
    applies_by="Une autre obligation s'applique-t-elle ?",
    parties="Qui est impliqué",
    method="Comment lire cette notification",
    withdrawn="Cette notification est retirée : il n'est plus admis que des données à caractère personnel ont été "
    "violées.",
)
