"""The NIS2 report in French."""

from typing import Final

from reports.documents.nis2.language.phrases import Nis2Words

FRENCH: Final = Nis2Words(
    kind="Rapport d'incident NIS 2",
    own_kind="Rapport d'incident NIS 2 du prestataire de services",
    stage={
        "early_warning": "Alerte précoce",
        "notification": "Notification d'incident",
        "intermediate": "Rapport intermédiaire",
        "progress": "Rapport d'avancement",
        "final": "Rapport final",
    },
    decision={
        "yes": "Décidé : c'est un incident important.",
        "no": "Décidé : ce n'est pas un incident important.",
        "open": "Personne n'a encore décidé si c'est un incident important.",
    },
    rules={
        "yes": "Selon les règles, c'est un incident important.",
        "no": "Selon les règles, ce n'est pas un incident important.",
        "open": (
            "D'après ce qui a été indiqué, les règles ne permettent pas encore de dire si c'est un incident important."
        ),
        "maintenance": "Selon les règles, ce n'est pas un incident important : la maintenance était planifiée.",
    },
    by_person="Pour ce type d'entité, une personne juge selon l'art. 23, par. 3, de la directive (UE) 2022/2555 :"
    " perturbation ou perte financière graves pour l'entité, ou dommages considérables pour d'autres, "
    "survenus ou possibles.",
    for_providers="Les critères ci-dessous sont ceux du règlement d'exécution (UE) 2024/2690 et valent pour les "
    "fournisseurs numériques qu'il nomme.",
    criteria={
        "Art. 3(1)(a)": (
            "Perte financière directe de plus de {loss} EUR ou de {turnover} % du chiffre d'affaires de "
            "l'exercice précédent, le montant le plus faible étant retenu"
        ),
        "Art. 3(1)(b)": "Des secrets d'affaires ont été exfiltrés",
        "Art. 3(1)(c)": "Une personne physique est décédée ou peut décéder",
        "Art. 3(1)(d)": "Atteinte considérable à la santé d'une personne physique, ou sa possibilité",
        "Art. 3(1)(e)": "Accès réussi, présumé malveillant, pouvant perturber gravement les activités",
        "Art. 10(a)": "Le service est totalement indisponible pendant plus de {down}",
        "Art. 10(b)": (
            "Le service est limité pendant plus de {limited}, pour plus de {percent} % ou {users} de ses "
            "utilisateurs dans l'Union, le nombre le plus faible étant retenu"
        ),
        "Art. 10(c)": "Des données du service sont touchées par un acte présumé malveillant",
        "Art. 10(d)": (
            "Les données de plus de {percent} % ou {users} des utilisateurs dans l'Union sont touchées, le "
            "nombre le plus faible étant retenu"
        ),
    },
)
