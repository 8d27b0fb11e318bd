"""The register's extract in Spanish."""

from typing import Final

from reports.documents.breach_register.language.phrases import RegisterWords
from reports.language.phrases import Plural

SPANISH: Final = RegisterWords(
    kind="Registro de violaciones de seguridad",
    law="Art. 33, apartado 5, del RGPD",
    period="{first} a {last}",
    cases=Plural("{n} caso", "{n} casos"),
    counts={
        "cases": "casos",
        "breach": "violaciones",
        "not_breach": "sin violación",
        "undecided": "sin decidir",
        "authority": "notificación decidida",
        "sent": "notificados a la autoridad",
        "subjects": "interesados informados",
    },
    open="Qué sigue pendiente y hasta cuándo",
    nothing_open="No hay nada pendiente en estos casos.",
    by="{what}: a más tardar el {due}",
    at_once="{what}: sin dilación indebida",
    overview="Todos los casos del período",
    empty="No se abrió ningún caso en este período.",
    opened="Caso abierto",
    dates="Cuándo",
    nature="Qué ocurrió",
    data="Datos",
    persons="Personas",
    effects="Efectos",
    remedy="Medidas correctoras",
    risk="Riesgo y motivo",
    authority="Autoridad (art. 33)",
    subjects="Interesados (art. 34)",
    filings="Notificaciones enviadas",
    no_filing="No se envió ninguna notificación.",
    received="recibida el {time}, referencia {reference}",
    no_receipt="aún sin acuse de recibo",
    delay="Motivos de un retraso",
    lessons="Lecciones",
    approved="Aprobado por",
    told="informados el {time}",
    data_name="Registro como datos",
    csv="Registro como tabla",
    attachment="Los hechos se adjuntan como {name} y el registro como {csv}, una línea por caso.",
)
