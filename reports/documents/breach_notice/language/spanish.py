"""The notice to the controller in Spanish."""

from typing import Final

from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.phrases import Plural

SPANISH: Final = NoticeWords(
    kind="Notificación de una violación de datos",
    law="Art. 33, apdo. 2, RGPD: del encargado al responsable del tratamiento",
    happened="Qué ha ocurrido",
    done="Qué se ha hecho",
    nothing_done="Aún no consta ninguna medida.",
    decide="Qué debe decidir, y cuándo",
    clock_runs="Su notificación a la autoridad de control vence el {due}, salvo que sea improbable un riesgo para las "
    "personas.",
    clock_over="Su notificación a la autoridad de control vencía el {due}. Si llega tarde, debe indicar los motivos.",
    clock_met="La autoridad de control recibió su notificación el {time}.",
    clock_off="Según su decisión, no se exige ninguna notificación a la autoridad de control.",
    clock_waits="Sus 72 horas aún no tienen inicio: nadie de su parte ha introducido cuándo tuvieron conocimiento.",
    proposal="Inicio propuesto: {start}, cuando esta notificación les llega. Las 72 horas terminan entonces el {due}.",
    who_enters="El inicio lo introduce su delegado de protección de datos. Nosotros nunca.",
    question={
        "is_breach": "¿Es una violación de la seguridad de los datos personales?",
        "clock.controller_aware_at": "¿Cuándo tuvieron conocimiento?",
        "risk.risk": "¿Hay un riesgo para las personas?",
        "risk.art33_decision": "¿Se notifica a la autoridad de control?",
        "risk.art34_decision": "¿Se informa a los interesados?",
    },
    open_question="abierto",
    open_questions=Plural("Una decisión está pendiente de usted.", "{n} decisiones están pendientes de usted."),
    all_decided="Se han tomado todas las decisiones que pedimos.",
    suggestion="Nuestra sugerencia, que no decide nada",
    suggest_notify="Notificar a la autoridad de control.",
    suggest_register="Inscribirla en su registro; no se sugiere una notificación.",
    suggest_tell="Informar a los interesados.",
    suggest_not_tell="No se sugiere informar a los interesados.",
    because="Motivos: {reasons}.",
    weigh="A ponderar: {reasons}.",
    every_breach="Le notificamos toda violación de la seguridad de los datos personales. Si existe un riesgo, lo "
    "valora usted.",
    next_update="Volveremos a escribir antes del {time}, o en cuanto se sepa algo nuevo.",
    no_next_update="No hay fecha para nuestra próxima notificación; escribiremos en cuanto se sepa algo nuevo.",
    reach="Localizables a cualquier hora",
    control="Esta notificación",
    figures={"persons": "interesados", "records": "registros", "systems": "sistemas", "severity": "gravedad (ENISA)"},
    to_see="aún abierto",
    nature="Naturaleza de la violación",
    data="Datos y personas",
    consequences="Posibles consecuencias",
    measures="Medidas",
    regimes="Plazos y otros regímenes",
    telling="Comunicación a los interesados (art. 34)",
    telling_lead="Usted decide si se informa a los interesados. Es obligado si es probable un alto riesgo.",
    open_points="Puntos abiertos",
    sources="En qué se basan las indicaciones",
    applies_by="¿Se aplica otra obligación?",
    parties="Quiénes forman parte",
    method="Cómo leer esta notificación",
    withdrawn="Esta notificación se retira: ya no se sostiene que se hayan violado datos personales.",
)
