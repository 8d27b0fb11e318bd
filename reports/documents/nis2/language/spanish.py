"""The NIS2 report in Spanish."""

from typing import Final

from reports.documents.nis2.language.phrases import Nis2Words

SPANISH: Final = Nis2Words(
    kind="Informe de incidente NIS 2",
    own_kind="Informe de incidente NIS 2 del proveedor de servicios",
    stage={
        "early_warning": "Alerta temprana",
        "notification": "Notificación del incidente",
        "intermediate": "Informe intermedio",
        "progress": "Informe de situación",
        "final": "Informe final",
    },
    decision={
        "yes": "Decidido: es un incidente significativo.",
        "no": "Decidido: no es un incidente significativo.",
        "open": "Nadie ha decidido aún si es un incidente significativo.",
    },
    rules={
        "yes": "Según las reglas, es un incidente significativo.",
        "no": "Según las reglas, no es un incidente significativo.",
        "open": "Con lo indicado, las reglas aún no permiten decir si es un incidente significativo.",
        "maintenance": "Según las reglas, no es un incidente significativo: el mantenimiento estaba programado.",
    },
    by_person="Para este tipo de entidad juzga una persona según el art. 23, apdo. 3, de la Directiva (UE) "
    "2022/2555: perturbación o pérdidas económicas graves para la entidad, o perjuicios considerables a"
    " otros, ocurridos o posibles.",
    for_providers="Los criterios siguientes son los del Reglamento de Ejecución (UE) 2024/2690 y valen para los "
    "proveedores digitales que nombra.",
    criteria={
        "Art. 3(1)(a)": (
            "Pérdida financiera directa superior a {loss} EUR o al {turnover} % del volumen de negocios del"
            " año anterior, lo que sea menor"
        ),
        "Art. 3(1)(b)": "Se han exfiltrado secretos comerciales",
        "Art. 3(1)(c)": "Una persona física ha muerto o puede morir",
        "Art. 3(1)(d)": "Daños considerables a la salud de una persona física, o su posibilidad",
        "Art. 3(1)(e)": "Acceso logrado, presuntamente malintencionado, que puede perturbar gravemente la actividad",
        "Art. 10(a)": "El servicio está totalmente indisponible más de {down}",
        "Art. 10(b)": (
            "El servicio está limitado más de {limited}, para más del {percent} % o {users} de sus usuarios"
            " en la Unión, lo que sea menor"
        ),
        "Art. 10(c)": "Datos del servicio afectados por un acto presuntamente malintencionado",
        "Art. 10(d)": "Datos afectados de más del {percent} % o {users} de los usuarios en la Unión, lo que sea menor",
    },
)
