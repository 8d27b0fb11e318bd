"""The incident report in French."""

from typing import Final

from reports.documents.incident.language.phrases import Cover, FigureNames, IncidentWords, Sections, Summary
from reports.language.plurals import PluralFromTwo as Plural

_COVER: Final = Cover(
    kind="Rapport d'incident",
    happened="Ce qui s'est passé",
    done="Ce qui a été fait",
    decide="Ce que vous devez décider",
    open="Ce qui reste ouvert",
    figures="Chiffres clés",
    severity="Gravité",
    state="État",
    verdict="Verdict",
    no_decision="Rien. Aucune décision n'est attendue de votre part.",
    no_decision_reason="Si cela change, nous vous solliciterons dans le portail.",
    decisions_waiting=Plural("Une décision est attendue de votre part.", "{n} décisions sont attendues de votre part."),
    more_decisions=Plural("Une autre est décrite dans ce rapport.", "{n} autres sont décrites dans ce rapport."),
    answer_by="Merci de répondre avant le {time}.",
    asked_at="Demandé par {name} le {time}.",
    why="Pourquoi",
    effect="Effet",
    undo="Comment revenir en arrière",
    if_silent="Si vous ne répondez pas",
    no_open_points="Aucun point ouvert n'est enregistré.",
    more_open_points=Plural("Un autre figure dans ce rapport.", "{n} autres figurent dans ce rapport."),
    due="échéance le {time}",
)

_SUMMARY: Final = Summary(
    seen_between="Du {first} au {last}\N{NO-BREAK SPACE}: correspondance entre {events} et {rules} {place}.",
    seen_at="Le {first}\N{NO-BREAK SPACE}: correspondance entre {events} et {rules} {place}.",
    on_hosts="sur {hosts}",
    without_host="dans votre environnement",
    events=Plural("{n} événement", "{n} événements"),
    rules=Plural("{n} règle de détection", "{n} règles de détection"),
    and_more=Plural("{n} autre", "{n} autres"),
    top_alert="La détection la plus grave est {title} ({severity}), vue pour la première fois le {time}.",
    techniques="Techniques ATT&CK observées\N{NO-BREAK SPACE}: {techniques}.",
    verdict="Verdict de {name}\N{NO-BREAK SPACE}: {verdict}. {reason}",
    no_verdict="Aucun verdict n'a encore été rendu.",
    acknowledged="Pris en charge\N{NO-BREAK SPACE}: {time}, {elapsed} après l'ouverture.",
    contained="Confiné\N{NO-BREAK SPACE}: {time}, {elapsed} après l'ouverture.",
    resolved="Résolu\N{NO-BREAK SPACE}: {time}, {elapsed} après l'ouverture.",
    closed="Clos\N{NO-BREAK SPACE}: {time}, {elapsed} après l'ouverture.",
    not_acknowledged="Ouvert\N{NO-BREAK SPACE}: {time}\N{NO-BREAK SPACE}; personne ne l'a encore pris en charge.",
    action="{what}\N{NO-BREAK SPACE}: {target}, {result} ({name}, {time}).",
    action_approved="{what}\N{NO-BREAK SPACE}: {target}, {result} ({name}, {time}\N{NO-BREAK SPACE}; accord de "
    "{approver}).",
    nothing_done="Aucune mesure de réponse n'est enregistrée.",
    more_actions=Plural(
        "Une autre mesure figure dans la chronologie.", "{n} autres mesures figurent dans la chronologie."
    ),
)

_FIGURES: Final = FigureNames(
    events=Plural("événement détecté", "événements détectés"),
    alerts=Plural("alerte", "alertes"),
    rules=Plural("règle de détection", "règles de détection"),
    hosts=Plural("hôte touché", "hôtes touchés"),
    accounts=Plural("compte touché", "comptes touchés"),
    indicators=Plural("indicateur", "indicateurs"),
    time_to={"acknowledge": "avant prise en charge", "contain": "avant confinement", "resolve": "avant résolution"},
    target="objectif {target}",
    since="à ce jour",
    definitions={
        "events": "Événements distincts de cet incident auxquels au moins une règle a correspondu. Une livraison "
        "répétée ne compte qu'une fois.",
        "alerts": "Alertes de cet incident. Les correspondances d'une même règle sur le même objet, dans sa "
        "fenêtre de temps, forment une seule alerte.",
        "rules": "Règles de détection distinctes parmi ces alertes.",
        "hosts": "Hôtes distincts que nomment les événements de cet incident.",
        "accounts": "Utilisateurs et comptes distincts que nomment les événements de cet incident.",
        "indicators": "Valeurs distinctes de cet incident qu'il vaut la peine de rechercher ailleurs.",
        "service_levels": "Temps écoulé de l'ouverture de l'incident jusqu'à l'étape, pauses convenues déduites.",
        "activity": "Événements détectés selon l'heure à laquelle ils se sont produits.",
    },
)

_SECTIONS: Final = Sections(
    contents="Sommaire",
    assessment="Appréciation",
    course="Déroulement",
    detections="Détections",
    affected="Ce qui est touché",
    indicators="Indicateurs",
    evidence="Preuves",
    gaps="Ce que nous n'avons pas pu voir",
    activity="Événements détectés au fil du temps",
    activity_alt="Histogramme des événements détectés du {first} au {last}\N{NO-BREAK SPACE}; la barre la plus "
    "haute en compte {n}.",
    activity_table="Chaque barre couvre {bucket}. Maximum\N{NO-BREAK SPACE}: {n}.",
    clocks="Délais de réaction convenus",
    timeline="Chronologie",
    path="Chemin de l'attaque",
    decisions="Décisions qui vous attendent",
    side="De qui",
    what="Quoi",
    who="Qui",
    stage="Étape",
    from_time="De",
    to_time="À",
    elapsed="Durée",
    target="Objectif",
    outcome="Résultat",
    detection="Détection",
    technique="ATT&CK",
    severity="Gravité",
    on="Sur",
    first_seen="Vu d'abord",
    last_seen="Vu en dernier",
    events="Événements",
    alerts="Alertes",
    why="Pourquoi c'est important",
    false_positives="Peut aussi être sans danger si",
    rule="Règle",
    rule_link="Publiée à l'adresse",
    entity="Type",
    value="Valeur",
    origin="Connu par",
    field="Champ",
    event_key="Clé d'événement",
    received="reçu",
    matched="Règles",
    feed="Source",
    gap="Ce qui manquait",
    wrote="{name}, {time}",
    fields_not_shown=Plural("1 autre champ dans les données jointes", "{n} autres champs dans les données jointes"),
    no_gaps="Aucune lacune n'est enregistrée pour la durée de cet incident.",
    gap_meaning="Pour ces périodes, «\N{NO-BREAK SPACE}aucun événement\N{NO-BREAK SPACE}» ne signifie pas qu'il "
    "ne s'est rien passé.",
    still_open="toujours ouvert",
    attachment="Tout ce que dit ce rapport y est joint sous {name}, et les indicateurs sous {indicators}.",
    incident_id="Incident",
    bucket="Période",
)

FRENCH: Final = IncidentWords(cover=_COVER, summary=_SUMMARY, figures=_FIGURES, sections=_SECTIONS)
