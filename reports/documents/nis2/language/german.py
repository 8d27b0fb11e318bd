"""The NIS2 report in German."""

from typing import Final

from reports.documents.nis2.language.phrases import Nis2Words

GERMAN: Final = Nis2Words(
    kind="NIS2-Meldung eines Sicherheitsvorfalls",
    own_kind="NIS2-Meldung eines Sicherheitsvorfalls des Dienstleisters",
    stage={
        "early_warning": "Frühwarnung",
        "notification": "Meldung des Sicherheitsvorfalls",
        "intermediate": "Zwischenbericht",
        "progress": "Fortschrittsbericht",
        "final": "Abschlussbericht",
    },
    decision={
        "yes": "Entschieden: es ist ein erheblicher Sicherheitsvorfall.",
        "no": "Entschieden: es ist kein erheblicher Sicherheitsvorfall.",
        "open": "Noch hat niemand entschieden, ob es ein erheblicher Sicherheitsvorfall ist.",
    },
    rules={
        "yes": "Nach den Regeln ist es ein erheblicher Sicherheitsvorfall.",
        "no": "Nach den Regeln ist es kein erheblicher Sicherheitsvorfall.",
        "open": (
            "Nach dem, was angegeben wurde, lassen die Regeln noch offen, ob es ein erheblicher Sicherheitsvorfall ist."
        ),
        "maintenance": "Nach den Regeln ist es kein erheblicher Sicherheitsvorfall: die Wartung war geplant.",
    },
    by_person="Bei dieser Art von Einrichtung urteilt ein Mensch nach Art. 23 Abs. 3 der Richtlinie (EU) "
    "2022/2555: schwere Störung oder finanzieller Verlust für die Einrichtung, oder erheblicher Schaden"
    " für andere, eingetreten oder möglich.",
    for_providers="Die folgenden Kriterien sind die der Durchführungsverordnung (EU) 2024/2690; sie gelten für die "
    "digitalen Anbieter, die sie nennt.",
    criteria={
        "Art. 3(1)(a)": (
            "Direkter finanzieller Verlust über {loss} EUR oder {turnover} % des Jahresumsatzes des "
            "Vorjahres, je nachdem, was niedriger ist"
        ),
        "Art. 3(1)(b)": "Geschäftsgeheimnisse sind abgeflossen",
        "Art. 3(1)(c)": "Eine natürliche Person ist gestorben oder kann sterben",
        "Art. 3(1)(d)": "Erhebliche Schädigung der Gesundheit einer natürlichen Person, oder deren Möglichkeit",
        "Art. 3(1)(e)": "Erfolgreicher, mutmaßlich böswilliger Zugriff, der den Betrieb schwer stören kann",
        "Art. 10(a)": "Der Dienst ist länger als {down} vollständig ausgefallen",
        "Art. 10(b)": (
            "Der Dienst ist länger als {limited} eingeschränkt, für mehr als {percent} % oder {users} "
            "seiner Nutzer in der Union, je nachdem, was niedriger ist"
        ),
        "Art. 10(c)": "Daten des Dienstes sind durch eine mutmaßlich böswillige Handlung betroffen",
        "Art. 10(d)": (
            "Daten von mehr als {percent} % oder {users} der Nutzer in der Union sind betroffen, je "
            "nachdem, was niedriger ist"
        ),
    },
)
