"""The notification draft in French."""

from typing import Final

from reports.documents.breach_notification.language.phrases import NotificationWords, SheetWords
from reports.language.plurals import PluralFromTwo as Plural

_SHEET: Final = SheetWords(
    title="Feuille à copier",
    lead="Un champ par ligne, avec la valeur à coller. Sur papier, les adresses sont écrites de façon à ne pas être "
    "cliquables ; {text} et {csv} contiennent les valeurs inchangées.",
    number="N°",
    section="Partie",
    field="Champ",
    value="Valeur",
    state="État",
    missing="MANQUE ENCORE",
    not_stated="(rien d'indiqué ; facultatif)",
    not_asked="(pas demandé dans ce cas)",
    pasted="à coller",
)

FRENCH: Final = NotificationWords(
    kind="Notification d'une violation de données",
    law="Art. 33 RGPD : du responsable du traitement à l'autorité de contrôle",
    draft="Projet pour votre délégué à la protection des données",
    not_sent="Rien n'est envoyé tout seul. Une personne dépose la notification auprès de l'autorité.",
    decide="Ce que vous devez décider, et quand",
    notify="Décidé : l'autorité de contrôle est notifiée.",
    not_notify="Décidé : l'autorité de contrôle n'est pas notifiée. Ce projet est alors pour vos dossiers.",
    undecided="Personne n'a encore décidé si l'autorité de contrôle est notifiée.",
    clock="Les 72 heures finissent le {due}.",
    clock_over="Les 72 heures ont fini le {due}. La notification doit donner les motifs du retard.",
    clock_waits="Les 72 heures n'ont pas de début : votre délégué à la protection des données saisit le moment de la "
    "prise de connaissance.",
    clock_met="L'autorité a reçu la première notification le {time}.",
    aware="Elles courent depuis le {start}, saisi par {name}.",
    late_reasons="Motifs du retard : {text}",
    no_late_reasons="Les motifs du retard manquent encore. Sans eux, une notification tardive n'est pas complète.",
    where="Où elle va",
    channel="Voie",
    languages="Langues acceptées",
    site="Site",
    unverified="Personne n'a récemment confirmé le site, les langues et la voie de cette autorité. Vérifiez-les "
    "avant de déposer.",
    form="Formulaire",
    form_general="Le formulaire propre à cette autorité n'est pas connu ici ; l'ordre est celui du formulaire général.",
    other_language="Le formulaire de l'autorité est en {language} ; ce projet ne parle pas cette langue et est écrit "
    "en français.",
    steps="Comment la déposer aujourd'hui",
    step_read="Lisez les réponses aux pages suivantes.",
    step_missing="Faites saisir dans le dossier ce qui manque encore, ou saisissez-le vous-même dans le formulaire.",
    step_paste="Ouvrez la feuille à copier et collez chaque valeur dans le champ du même numéro.",
    step_file="Déposez le formulaire auprès de l'autorité et gardez l'accusé de réception.",
    step_enter="Saisissez dans le dossier la référence, l'heure et l'accusé ; cela arrête le délai.",
    answers="Les réponses dans l'ordre du formulaire",
    answers_lead="Les numéros suivent le formulaire ; la feuille à copier a les mêmes.",
    officer="Ce que vous saisissez encore",
    officer_lead="À remplir une fois la notification déposée, et à saisir dans le dossier.",
    reference="Référence de l'autorité",
    submitted="Déposée le (date, heure, fuseau)",
    receipt="Accusé conservé sous",
    filed_by="Déposée par (nom, fonction)",
    figures="Son degré d'achèvement",
    sources="Sur quoi reposent les réponses",
    attached="Joints : {json} avec tout, {text} et {csv} avec la feuille à copier.",
    keep="Donnez à l'autorité ce que demande son formulaire, et non ce fichier : il contient aussi vos propres "
    "décisions.",
    text_sheet="Feuille à copier en texte",
    csv_sheet="Feuille à copier en tableau",
    sheet=_SHEET,
    filled=Plural("{n} champ rempli", "{n} champs remplis"),
    to_investigate=Plural("{n} en cours d'examen", "{n} en cours d'examen"),
    lacking=Plural("{n} manquant", "{n} manquants"),
)
