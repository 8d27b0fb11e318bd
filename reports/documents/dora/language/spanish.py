"""The DORA report in Spanish."""

from typing import Final

from reports.documents.dora.language.phrases import DoraWords
from reports.language.phrases import Plural

SPANISH: Final = DoraWords(
    kind="Informe de incidente DORA",
    stage={
        "initial_notification": "Notificación inicial",
        "intermediate_report": "Informe intermedio",
        "intermediate_update": "Informe intermedio actualizado",
        "final_report": "Informe final",
        "major_incident_reclassified_as_non-major": "Incidente grave reclasificado como no grave",
    },
    decision={
        "yes": "Decidido: es un incidente grave relacionado con las TIC.",
        "no": "Decidido: no es un incidente grave relacionado con las TIC.",
        "open": "Nadie ha decidido aún si es un incidente grave relacionado con las TIC.",
    },
    rules={
        "yes": "Según las reglas, es un incidente grave relacionado con las TIC.",
        "no": "Según las reglas, no es un incidente grave relacionado con las TIC.",
        "open": "Con lo indicado, las reglas aún no permiten decir si es un incidente grave relacionado con las TIC.",
    },
    how="Reglamento (UE) 2024/1772, art. 8: hay servicios esenciales afectados y, además, o bien hubo un "
    "acceso malintencionado que puede causar pérdidas de datos, o bien se cumplen al menos {n} de los "
    "demás criterios.",
    differs_from_stated="Indicado en el campo 2.5: {stated}. Cumplido según las reglas: {found}.",
    criteria={
        "critical_services": "Hay servicios esenciales afectados",
        "malicious_access": "Acceso logrado, malintencionado y no autorizado que puede causar pérdidas de datos",
        "clients_counterparts_transactions": (
            "Más del {clients_percent} % o {clients} de los clientes del servicio, más del "
            "{counterparts_percent} % de las contrapartes financieras, más del {transactions_percent} % del"
            " número o del valor diarios de las operaciones, o un cliente o una contraparte relevantes"
        ),
        "reputation": (
            "Medios de comunicación, quejas reiteradas, requisitos reglamentarios incumplidos o clientes perdidos"
        ),
        "duration_downtime": "Más de {duration}, o servicios esenciales interrumpidos más de {downtime}",
        "geographical_spread": "Impacto en {states} Estados miembros o más",
        "data_losses": (
            "Pérdida de disponibilidad, autenticidad, integridad o confidencialidad de datos con efectos adversos"
        ),
        "economic_impact": "Costes y pérdidas superiores a {cost} EUR",
    },
    submission="Tipo de informe",
    reference="Referencia del incidente de la entidad financiera",
    data_title="El informe como datos para el supervisor",
    data_whole="El JSON adjunto contiene todo lo que el esquema de las autoridades de supervisión exige en esta fase.",
    data_open=Plural(
        "El JSON adjunto no está listo para presentarse: queda abierta una entrada del esquema.",
        "El JSON adjunto no está listo para presentarse: quedan abiertas {n} entradas del esquema.",
    ),
    data_lead="Adjunto como {name}, según el esquema JSON 1.2.1 de la ABE, la AESPJ y la AEVM. Contiene los "
    "mismos hechos que este informe y nada más; lo que no se ha indicado se omite.",
    data_description="Informe de incidente para el supervisor financiero, esquema JSON 1.2.1",
    why="Por qué no figura en los datos",
    faults={
        "lei": "LEI no válido: la forma o los dígitos de control son erróneos.",
        "email": "Correo electrónico con una forma que el esquema no admite.",
        "phone": "Teléfono con una forma que el esquema no admite.",
        "too_long": "Más largo de lo que admite el esquema.",
        "too_many_days": "Más de 999 días.",
        "share": "La parte es mayor que el todo; el número se comunica sin su porcentaje.",
        "currency": "El caso lleva euros; el informe está en otra moneda.",
        "country": "No es un Estado del Espacio Económico Europeo según su código.",
        "incomplete": "Indicado, pero sin una parte que el esquema exige.",
        "schema": "En este lugar de los datos, distinto de lo que pide el esquema.",
    },
    attached="Todos los hechos de este informe se adjuntan como {json}, y el informe para el supervisor como {report}.",
)
