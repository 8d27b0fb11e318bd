"""The control evidence report in French."""

from typing import Final

from reports.documents.controls.language.phrases import Amounts, Asking, ControlWords, Cover, Sections
from reports.language.plurals import PluralFromTwo

_COVER: Final = Cover(
    kind="Rapport de preuves des contrôles",
    period="du {first} au {last}",
    controls=PluralFromTwo("{n} contrôle", "{n} contrôles"),
    standing="Où en sont les contrôles",
    standing_alt="{controls}\N{NO-BREAK SPACE}: {parts}",
    outcome="Résultat",
    number="Contrôles",
    meaning="Ce que cela signifie",
    meanings={
        "supported": "Chaque chiffre lié au contrôle atteint ce qui est demandé.",
        "partly_supported": "Certains chiffres l'atteignent, d'autres non, ou seulement pour une partie de la période.",
        "not_supported": "Aucun chiffre n'atteint ce qui est demandé.",
        "no_data": "Personne n'a mesuré ni saisi de chiffre. Ce n'est pas un bon résultat.",
        "not_in_scope": "Les enregistrements d'un SOC ne peuvent pas le montrer.",
    },
    needed="Ce qui est nécessaire",
    decisions=PluralFromTwo("{n} décision de votre part", "{n} décisions de votre part"),
    entries=PluralFromTwo("{n} saisie de votre part", "{n} saisies de votre part"),
    tasks=PluralFromTwo("{n} tâche du SOC", "{n} tâches du SOC"),
    nothing_needed="Rien. Aucune décision et aucune saisie n'est attendue de vous.",
    nothing_needed_reason="Chaque chiffre mesurable ou à saisir est présent et atteint ce qui est demandé.",
    more_needed=PluralFromTwo(
        "Un autre point figure dans la section sur ce qui est nécessaire.",
        "{n} autres points figurent dans la section sur ce qui est nécessaire.",
    ),
    changed="Ce qui a changé depuis la période précédente",
    changes="Mieux\N{NO-BREAK SPACE}: {better}. Moins bien\N{NO-BREAK SPACE}: {worse}. Pas de changement au-delà du "
    "hasard\N{NO-BREAK SPACE}: {still}. Trop peu de cas pour conclure "
    "(n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)\N{NO-BREAK SPACE}: {few}. "
    "Non comparable\N{NO-BREAK SPACE}: {none}.",
    no_previous="Il n'y a pas de chiffres d'une période précédente.",
    more_changes=PluralFromTwo(
        "Un autre figure dans la section sur les changements.",
        "{n} autres figurent dans la section sur les changements.",
    ),
    no_verdict="Ce rapport montre dans quelle mesure les enregistrements étayent chaque contrôle. Dire si l'ensemble "
    "est rempli revient à un auditeur ou à une autorité.",
)

_ASKING: Final = Asking(
    heading="Ce qui est nécessaire, et de la part de qui",
    lead="Une ligne pour chaque chiffre absent ou inférieur à ce qui est demandé. Veuillez nommer la personne qui "
    "répond.",
    to_decide="{metric}\N{NO-BREAK SPACE}: {value}\N{NO-BREAK SPACE}; demandé\N{NO-BREAK SPACE}: {threshold}. Décidez "
    "comment l'atteindre, ou pourquoi non.",
    to_enter="Non saisi pour cette période\N{NO-BREAK SPACE}: {metrics}. Veuillez le saisir avec sa preuve.",
    to_repair="{metric}\N{NO-BREAK SPACE}: {value}\N{NO-BREAK SPACE}; demandé\N{NO-BREAK SPACE}: {threshold}. Le SOC "
    "indique la cause et le remède.",
    to_bring="Sans données\N{NO-BREAK SPACE}: {metrics}. Le SOC indique la source manquante.",
    who="De",
    what="Quoi",
    controls="Contrôles",
    answer="Personne et date",
    answer_slot="à nommer",
)

_AMOUNTS: Final = Amounts(
    decimal=",",
    percent="{n}\N{NO-BREAK SPACE}%",
    days=PluralFromTwo("{n} jour", "{n} jours"),
    hours=PluralFromTwo("{n} heure", "{n} heures"),
    minutes=PluralFromTwo("{n} minute", "{n} minutes"),
    part="{part} sur {whole}",
    at_least="au moins {number}",
    at_most="au plus {number}",
    sources={"default": "chiffre usuel", "contract": "votre propre chiffre", "standard": "fixé par la norme"},
    fixed_by="fixé par {source}",
    cases="n = {n}",
)

_SECTIONS: Final = Sections(
    glance="Tous les contrôles en un coup d'œil",
    changes="Changements depuis la période précédente",
    changes_lead="Périodes comparées\N{NO-BREAK SPACE}: {period} et {previous}. Une part a changé lorsque le hasard "
    "produit un écart aussi grand dans moins d'un cas sur vingt\N{NO-BREAK SPACE}; avec moins de dix cas d'un "
    "côté, rien "
    "n'est dit.",
    each="Contrôle par contrôle",
    beyond="Ce que ce rapport ne peut pas montrer",
    beyond_lead="Aucun enregistrement d'un SOC ne prouve ce qui suit. Veuillez tenir votre propre dossier et le nommer "
    "ici.",
    beyond_what="Ce qui reste ouvert",
    beyond_file="Votre dossier, personne, date",
    beyond_slot="à nommer",
    given="Fichiers remis avec des saisies",
    given_by="Saisi par",
    given_at="Le",
    given_file="Fichier",
    definitions="Ce qui est compté",
    definitions_lead="Chaque type de preuve avec sa définition et les chiffres qui accompagnent les chiffres évalués.",
    needs="D'où vient le chiffre",
    gaps="Lacunes dans les données",
    gaps_lead="Là où quelque chose manque, un chiffre repose sur moins qu'il ne devrait. L'absence de données n'est "
    "jamais un bon résultat.",
    no_gaps="Aucune lacune n'est enregistrée.",
    control="Contrôle",
    words="Dans nos mots",
    evidence="Preuve",
    metric="Chiffre",
    value="Valeur",
    threshold="Demandé",
    result="Résultat",
    before="Avant",
    now="Maintenant",
    change="Changement",
    exceptions=PluralFromTwo("{n} exception", "{n} exceptions"),
    more_exceptions=PluralFromTwo("{n} autre en annexe", "{n} autres en annexe"),
    sample="Échantillon d'enregistrements",
    entered="Saisi par {person}, {day}",
    unconfirmed="référence encore à vérifier dans la norme",
    unconfirmed_number="encore à vérifier dans la norme",
    out_of_scope="Reste ouvert",
    framework="Référentiel",
    rules="Version des définitions",
    attachment="Les données de ce rapport sont jointes sous le nom {name}, tous les résultats sous {csv}, une "
    "ligne par "
    "résultat.",
    whole_data="Données du rapport de preuves des contrôles",
    csv="Tous les résultats sous forme de tableau",
)

FRENCH: Final = ControlWords(
    cover=_COVER,
    asking=_ASKING,
    amounts=_AMOUNTS,
    sections=_SECTIONS,
    change={
        "better": "mieux",
        "worse": "moins bien",
        "same": "inchangé",
        "noise": "pas de changement au-delà du hasard",
        "too_few": "trop peu de cas (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)",
        "no_previous": "pas de chiffre avant",
        "lost": "pas de chiffre maintenant",
    },
)
