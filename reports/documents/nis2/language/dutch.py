"""The NIS2 report in Dutch."""

from typing import Final

from reports.documents.nis2.language.phrases import Nis2Words

DUTCH: Final = Nis2Words(
    kind="NIS2-incidentverslag",
    own_kind="NIS2-incidentverslag van de dienstverlener",
    stage={
        "early_warning": "Vroegtijdige waarschuwing",
        "notification": "Incidentmelding",
        "intermediate": "Tussentijds verslag",
        "progress": "Voortgangsverslag",
        "final": "Eindverslag",
    },
    decision={
        "yes": "Beslist: het is een significant incident.",
        "no": "Beslist: het is geen significant incident.",
        "open": "Nog niemand heeft beslist of het een significant incident is.",
    },
    rules={
        "yes": "Volgens de regels is het een significant incident.",
        "no": "Volgens de regels is het geen significant incident.",
        "open": "Met wat is opgegeven, laten de regels nog open of het een significant incident is.",
        "maintenance": "Volgens de regels is het geen significant incident: het onderhoud was gepland.",
    },
    by_person="Bij dit soort entiteit oordeelt een persoon volgens art. 23, lid 3, van Richtlijn (EU) 2022/2555: "
    "ernstige verstoring of financieel verlies voor de entiteit, of aanzienlijke schade voor anderen, "
    "opgetreden of mogelijk.",
    for_providers="De onderstaande criteria zijn die van Uitvoeringsverordening (EU) 2024/2690 en gelden voor de "
    "digitale aanbieders die zij noemt.",
    criteria={
        "Art. 3(1)(a)": (
            "Direct financieel verlies boven {loss} EUR of {turnover} % van de omzet van het voorgaande "
            "jaar, het laagste bedrag"
        ),
        "Art. 3(1)(b)": "Bedrijfsgeheimen zijn ontvreemd",
        "Art. 3(1)(c)": "Een natuurlijke persoon is overleden of kan overlijden",
        "Art. 3(1)(d)": (
            "Aanzienlijke schade aan de gezondheid van een natuurlijke persoon, of de mogelijkheid daarvan"
        ),
        "Art. 3(1)(e)": "Geslaagde, vermoedelijk kwaadwillige toegang die de werking ernstig kan verstoren",
        "Art. 10(a)": "De dienst is meer dan {down} volledig onbeschikbaar",
        "Art. 10(b)": (
            "De dienst is meer dan {limited} beperkt, voor meer dan {percent} % of {users} van de "
            "gebruikers in de Unie, het laagste aantal"
        ),
        "Art. 10(c)": "Gegevens van de dienst zijn getroffen door een vermoedelijk kwaadwillige handeling",
        "Art. 10(d)": (
            "Gegevens van meer dan {percent} % of {users} van de gebruikers in de Unie zijn getroffen, het "
            "laagste aantal"
        ),
    },
)
