"""The severity and decision record in Spanish."""

from typing import Final

from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.language.phrases import Plural

SPANISH: Final = DecisionWords(
    kind="Gravedad y decisiones",
    law="Arts. 33 y 34 del RGPD; gravedad según el método de ENISA",
    undecided="Pendiente: quién decide y hasta cuándo",
    open=Plural("Hay una decisión pendiente.", "Hay {n} decisiones pendientes."),
    none_open="No hay nada pendiente: se han tomado todas las decisiones que pide el caso.",
    until="{who}, a más tardar el {due}",
    overdue="{who}; venció el {due}",
    at_once="{who}, sin dilación indebida",
    regime="¿Se aplica {name}?",
    standing="Decidido: qué, por quién, cuándo y por qué",
    answer="Decisión",
    why="Motivo",
    advice="Consejo y decisión",
    advised="Consejo, que no decide nada",
    same="según el consejo",
    differs="se aparta del consejo; cuenta el motivo de la persona",
    no_advice="No hay consejo: la gravedad no se ha evaluado.",
    exemption="Excepción a la comunicación a los interesados (art. 34, apartado 3)",
    no_exemption="No se ha invocado ninguna excepción.",
    log="Todas las decisiones por orden",
    approvals="Aprobaciones",
    approvals_none="Nadie ha aprobado ni rechazado el caso.",
    of_version="versión {n} del caso",
)
