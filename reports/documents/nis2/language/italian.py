"""The NIS2 report in Italian."""

from typing import Final

from reports.documents.nis2.language.phrases import Nis2Words

ITALIAN: Final = Nis2Words(
    kind="Segnalazione di incidente NIS 2",
    own_kind="Segnalazione di incidente NIS 2 del fornitore di servizi",
    stage={
        "early_warning": "Preallarme",
        "notification": "Notifica dell'incidente",
        "intermediate": "Relazione intermedia",
        "progress": "Relazione sui progressi",
        "final": "Relazione finale",
    },
    decision={
        "yes": "Deciso: è un incidente significativo.",
        "no": "Deciso: non è un incidente significativo.",
        "open": "Nessuno ha ancora deciso se è un incidente significativo.",
    },
    rules={
        "yes": "Secondo le regole è un incidente significativo.",
        "no": "Secondo le regole non è un incidente significativo.",
        "open": "Da quanto indicato, le regole non permettono ancora di dire se è un incidente significativo.",
        "maintenance": "Secondo le regole non è un incidente significativo: la manutenzione era programmata.",
    },
    by_person="Per questo tipo di soggetto giudica una persona secondo l'art. 23, par. 3, della direttiva (UE) "
    "2022/2555: grave perturbazione o perdita finanziaria per il soggetto, o danni considerevoli ad "
    "altri, avvenuti o possibili.",
    for_providers="I criteri seguenti sono quelli del regolamento di esecuzione (UE) 2024/2690 e valgono per i "
    "fornitori digitali che esso nomina.",
    criteria={
        "Art. 3(1)(a)": (
            "Perdita finanziaria diretta superiore a {loss} EUR o al {turnover} % del fatturato "
            "dell'esercizio precedente, se inferiore"
        ),
        "Art. 3(1)(b)": "Sono stati esfiltrati segreti commerciali",
        "Art. 3(1)(c)": "Una persona fisica è deceduta o può decedere",
        "Art. 3(1)(d)": "Danni considerevoli alla salute di una persona fisica, o la loro possibilità",
        "Art. 3(1)(e)": "Accesso riuscito, presumibilmente malevolo, che può perturbare gravemente l'attività",
        "Art. 10(a)": "Il servizio è del tutto indisponibile per più di {down}",
        "Art. 10(b)": (
            "Il servizio è limitato per più di {limited}, per più del {percent} % o di {users} dei suoi "
            "utenti nell'Unione, se inferiore"
        ),
        "Art. 10(c)": "Dati del servizio interessati da un atto presumibilmente malevolo",
        "Art. 10(d)": "Interessati i dati di più del {percent} % o di {users} degli utenti nell'Unione, se inferiore",
    },
)
