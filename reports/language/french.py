"""What every document says in French."""

from typing import Final

from reports.language.phrases import Frame, Phrases, Seal, Words, Writing
from reports.language.plurals import PluralFromTwo as Plural

_WRITING: Final = Writing(
    thousands="\N{NO-BREAK SPACE}",
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    day_month_year="{day} {month} {year}",
    first_day="1er",
    colon="\N{NO-BREAK SPACE}:",
    second="s",
    minute="min",
    hour="h",
    day="j",
    open_quote="«\N{NO-BREAK SPACE}",
    close_quote="\N{NO-BREAK SPACE}»",
    list_and="et",
)

_WORDS: Final = Words(
    severity={
        "informational": "Information",
        "low": "Faible",
        "medium": "Moyenne",
        "high": "Élevée",
        "critical": "Critique",
    },
    state={
        "new": "Nouveau",
        "acknowledged": "Pris en charge",
        "contained": "Confiné",
        "resolved": "Résolu",
        "closed": "Clos",
    },
    verdict={
        "true_positive": "Attaque confirmée",
        "benign": "Sans danger",
        "false_positive": "Faux positif",
        "inconclusive": "Non concluant",
    },
    side={"provider": "SOC", "customer": "Vous", "system": "Automatique"},
    entity={
        "host": "Hôte",
        "user": "Utilisateur",
        "ip": "Adresse IP",
        "hash": "Empreinte de fichier",
        "domain": "Domaine",
        "process": "Processus",
        "file": "Fichier",
        "account": "Compte",
        "email": "Adresse e-mail",
        "url": "URL",
    },
    step={
        "first_event": "Premier événement détecté",
        "last_event": "Dernier événement détecté",
        "alert": "Alerte levée",
        "opened": "Incident ouvert",
        "acknowledged": "Incident pris en charge",
        "assigned": "Incident attribué",
        "contained": "Incident confiné",
        "resolved": "Incident résolu",
        "closed": "Incident clos",
        "reopened": "Incident rouvert",
        "verdict": "Verdict rendu",
        "severity_changed": "Gravité modifiée",
        "note": "Note",
        "asked": "Question à votre attention",
        "answered": "Votre réponse",
        "snoozed": "Mis en attente",
        "unsnoozed": "Repris",
        "action": "Mesure de réponse",
        "approval_requested": "Accord demandé",
        "approved": "Mesure approuvée",
        "declined": "Mesure refusée",
        "merged": "Rattaché à un autre incident",
        "absorbed": "Un autre incident a été rattaché à celui-ci",
        "unmerged": "Rattachement annulé",
        "split": "Alertes séparées",
        "storm": "Nombreuses alertes d'une même règle regroupées",
        "exception_made": "Comportement connu, désormais ignoré",
        "message": "Message",
    },
    stage={"acknowledge": "Prise en charge", "contain": "Confinement", "resolve": "Résolution"},
    statement={"summary": "Résumé", "cause": "Cause", "impact": "Conséquences", "recommendation": "Recommandation"},
    result={"done": "exécutée", "failed": "échouée", "pending": "en cours", "undone": "annulée depuis"},
    gap={"silent": "Rien reçu", "delayed": "Arrivé en retard", "not_collected": "Non collecté"},
    saw="Constaté",
    did="Fait",
    decided="Décidé",
    target_met="Respecté",
    target_missed="Dépassé",
    target_running="En cours",
    no_target="Aucun objectif convenu",
    nothing="aucun",
)

_FRAME: Final = Frame(
    prepared_for="Pour",
    prepared_by="Établi par",
    reported="État au",
    version="Version {n}",
    contact="Questions",
    document="Ce document",
    local_time="Heure",
    utc="UTC",
    record="Enregistrement",
    not_shown=Plural(
        "Un autre élément figure dans les données jointes.", "{n} autres éléments figurent dans les données jointes."
    ),
    in_attachment="complet dans les données jointes",
    definitions="Définitions",
    numbers="D'où viennent les chiffres",
    number="Chiffre",
    query="Requête",
    records="Enregistrements",
    taken_at="Lu le",
    times="Les heures sont celles de {zone}\N{NO-BREAK SPACE}; l'heure UTC est indiquée à côté là où elle importe.",
    of_day="Toutes les heures sont du {day}.",
    defanged="Les adresses sont écrites de sorte que rien dans ce document ne soit "
    "cliquable\N{NO-BREAK SPACE}: [.] remplace un point, hxxp remplace http. Le fichier joint les "
    "contient telles quelles.",
    substituted="Les caractères absents de nos polices sont écrits par leur numéro, par exemple [U+4E2D].",
    data_hash="SHA-256 des données jointes",
    audit_head="Chaîne d'audit",
    audit_signed="Signée jusqu'à l'entrée {seq} le {time} avec la clé {key}\N{NO-BREAK SPACE}; son empreinte est "
    "{hash}.",
    audit_complete="Aucune entrée n'était plus récente lors de la lecture de ces données.",
    audit_follows=Plural(
        "L'entrée suivante le sera avec la prochaine signature.",
        "Les {n} entrées suivantes le seront avec la prochaine signature.",
    ),
    no_audit_head="Rien dans la chaîne d'audit n'était encore signé lors de la lecture de ces "
    "données\N{NO-BREAK SPACE}; cela se fait chaque minute.",
    report_id="Rapport",
    page="Page",
    of="sur",
    cut="abrégé",
    source="Source {id}",
    attached="Tout ce que dit ce document y est joint sous le nom de {name}.",
    no_advice="Ce document n'est pas un avis juridique. "
    "Ce qu'il propose est à décider par les personnes qui y sont nommées.",
)

_SEAL: Final = Seal(
    signature="Signature",
    signed_by="Signé par {name}",
    signed_at="le {time}",
    hint="Un lecteur PDF indique si la signature est valable et si le fichier a été modifié depuis. "
    "L'empreinte de ce fichier est aussi conservée dans notre chaîne d'audit\N{NO-BREAK SPACE}; sur "
    "demande, nous vous dirons si votre fichier est bien le même.",
)

FRENCH: Final = Phrases(
    code="fr",
    writing=_WRITING,
    words=_WORDS,
    frame=_FRAME,
    seal=_SEAL,
)
