"""The DORA report in French."""

from typing import Final

from reports.documents.dora.language.phrases import DoraWords
from reports.language.plurals import PluralFromTwo as Plural

FRENCH: Final = DoraWords(
    kind="Rapport d'incident DORA",
    stage={
        "initial_notification": "Notification initiale",
        "intermediate_report": "Rapport intermédiaire",
        "intermediate_update": "Rapport intermédiaire actualisé",
        "final_report": "Rapport final",
        "major_incident_reclassified_as_non-major": "Incident majeur reclassé comme non majeur",
    },
    decision={
        "yes": "Décidé : c'est un incident majeur lié aux TIC.",
        "no": "Décidé : ce n'est pas un incident majeur lié aux TIC.",
        "open": "Personne n'a encore décidé si c'est un incident majeur lié aux TIC.",
    },
    rules={
        "yes": "Selon les règles, c'est un incident majeur lié aux TIC.",
        "no": "Selon les règles, ce n'est pas un incident majeur lié aux TIC.",
        "open": (
            "D'après ce qui a été indiqué, les règles ne permettent pas encore de dire si c'est un incident"
            " majeur lié aux TIC."
        ),
    },
    how="Règlement (UE) 2024/1772, art. 8 : des services critiques sont touchés et, en outre, soit il y a "
    "eu un accès malveillant pouvant entraîner des pertes de données, soit au moins {n} des autres "
    "critères sont remplis.",
    differs_from_stated="Indiqué au champ 2.5 : {stated}. Rempli selon les règles : {found}.",
    criteria={
        "critical_services": "Des services critiques sont touchés",
        "malicious_access": "Accès réussi, malveillant et non autorisé pouvant entraîner des pertes de données",
        "clients_counterparts_transactions": (
            "Plus de {clients_percent} % ou {clients} des clients du service, plus de "
            "{counterparts_percent} % des contreparties financières, plus de {transactions_percent} % du "
            "nombre ou de la valeur quotidiens des transactions, ou un client ou une contrepartie important"
        ),
        "reputation": "Médias, plaintes répétées, exigences réglementaires non respectées ou clients perdus",
        "duration_downtime": "Plus de {duration}, ou services critiques interrompus plus de {downtime}",
        "geographical_spread": "Un impact dans au moins {states} États membres",
        "data_losses": (
            "Perte de disponibilité, d'authenticité, d'intégrité ou de confidentialité de données aux effets négatifs"
        ),
        "economic_impact": "Coûts et pertes de plus de {cost} EUR",
    },
    submission="Type de rapport",
    reference="Référence de l'incident donnée par l'entité financière",
    data_title="Le rapport sous forme de données pour l'autorité",
    data_whole="Le JSON joint contient tout ce que le schéma des autorités de surveillance exige à cette étape.",
    data_open=Plural(
        "Le JSON joint n'est pas prêt à être déposé : une indication du schéma est ouverte.",
        "Le JSON joint n'est pas prêt à être déposé : {n} indications du schéma sont ouvertes.",
    ),
    data_lead="Joint sous le nom {name}, selon le schéma JSON 1.2.1 de l'ABE, de l'AEAPP et de l'AEMF. Il "
    "contient les mêmes faits que ce rapport et rien d'autre ; ce qui n'est pas indiqué est omis.",
    data_description="Rapport d'incident pour l'autorité financière, schéma JSON 1.2.1",
    why="Pourquoi cela ne figure pas dans les données",
    faults={
        "lei": "LEI non valable : la forme ou la clé de contrôle est fausse.",
        "email": "Adresse électronique d'une forme que le schéma n'accepte pas.",
        "phone": "Numéro de téléphone d'une forme que le schéma n'accepte pas.",
        "too_long": "Plus long que ce que le schéma accepte.",
        "too_many_days": "Plus de 999 jours.",
        "share": "La partie est plus grande que le tout ; le nombre est communiqué sans sa part.",
        "currency": "Le dossier tient des euros ; le rapport est dans une autre monnaie.",
        "country": "Ce n'est pas un État de l'Espace économique européen selon son code.",
        "incomplete": "Indiqué, mais sans une partie que le schéma exige.",
        "schema": "À cet endroit des données, autrement que ce que le schéma demande.",
    },
    attached="Tous les faits de ce rapport sont joints sous le nom {json}, le rapport pour l'autorité sous le "
    "nom {report}.",
)
