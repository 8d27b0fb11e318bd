"""The control evidence report in Spanish."""

from typing import Final

from reports.documents.controls.language.phrases import Amounts, Asking, ControlWords, Cover, Sections
from reports.language.phrases import Plural

_COVER: Final = Cover(
    kind="Informe de evidencias de controles",
    period="del {first} al {last}",
    controls=Plural("{n} control", "{n} controles"),
    standing="Cómo están los controles",
    standing_alt="{controls}: {parts}",
    outcome="Resultado",
    number="Controles",
    meaning="Qué significa",
    meanings={
        "supported": "Todas las cifras del control alcanzan lo exigido.",
        "partly_supported": "Algunas cifras lo alcanzan, otras no, o solo durante una parte del periodo.",
        "not_supported": "Ninguna cifra alcanza lo exigido.",
        "no_data": "Nadie midió ni introdujo una cifra. No es un buen resultado.",
        "not_in_scope": "Los registros de un SOC no pueden mostrarlo.",
    },
    needed="Qué se necesita",
    decisions=Plural("{n} decisión suya", "{n} decisiones suyas"),
    entries=Plural("{n} entrada suya", "{n} entradas suyas"),
    tasks=Plural("{n} tarea del SOC", "{n} tareas del SOC"),
    nothing_needed="Nada. No hay ninguna decisión ni entrada pendiente de usted.",
    nothing_needed_reason="Todas las cifras que se pueden medir o introducir están y alcanzan lo exigido.",
    more_needed=Plural(
        "Otro punto figura en la sección sobre lo que se necesita.",
        "Otros {n} puntos figuran en la sección sobre lo que se necesita.",
    ),
    changed="Qué ha cambiado desde el periodo anterior",
    changes="Mejor: {better}. Peor: {worse}. Sin cambio más allá del azar: {still}. Muy pocos casos para decirlo "
    "(n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10): {few}. No comparable: {none}.",
    no_previous="No hay cifras de un periodo anterior.",
    more_changes=Plural(
        "Otro figura en la sección sobre los cambios.", "Otros {n} figuran en la sección sobre los cambios."
    ),
    no_verdict="Este informe muestra hasta qué punto los registros respaldan cada control. Si el conjunto se cumple lo "
    "dice un auditor o una autoridad.",
)

_ASKING: Final = Asking(
    heading="Qué se necesita, y de quién",
    lead="Una línea por cada cifra que falta o que no alcanza lo exigido. Indique la persona que responde.",
    to_decide="{metric}: {value}; exigido: {threshold}. Decida cómo alcanzarlo o por qué no.",
    to_enter="Sin introducir para este periodo: {metrics}. Introdúzcalo con su prueba.",
    to_repair="{metric}: {value}; exigido: {threshold}. El SOC indica la causa y el remedio.",
    to_bring="Sin datos: {metrics}. El SOC indica qué fuente falta.",
    who="De",
    what="Qué",
    controls="Controles",
    answer="Persona y fecha",
    answer_slot="por indicar",
)

_AMOUNTS: Final = Amounts(
    decimal=",",
    percent="{n}\N{NO-BREAK SPACE}%",
    days=Plural("{n} día", "{n} días"),
    hours=Plural("{n} hora", "{n} horas"),
    minutes=Plural("{n} minuto", "{n} minutos"),
    part="{part} de {whole}",
    at_least="al menos {number}",
    at_most="como máximo {number}",
    sources={"default": "cifra habitual", "contract": "su propia cifra", "standard": "fijada por la norma"},
    fixed_by="fijada por {source}",
    cases="n = {n}",
)

_SECTIONS: Final = Sections(
    glance="Todos los controles de un vistazo",
    changes="Cambios desde el periodo anterior",
    changes_lead="Se comparan los periodos {period} y {previous}. Una proporción ha cambiado cuando el azar da una "
    "diferencia tan grande en menos de uno de cada veinte casos; con menos de diez casos en un lado no se dice nada.",
    each="Control por control",
    beyond="Lo que este informe no puede mostrar",
    beyond_lead="Ningún registro de un SOC prueba lo siguiente. Lleve su propio documento e indíquelo aquí.",
    beyond_what="Lo que queda abierto",
    beyond_file="Su documento, persona, fecha",
    beyond_slot="por indicar",
    given="Archivos entregados con las entradas",
    given_by="Introducido por",
    given_at="El",
    given_file="Archivo",
    definitions="Qué se cuenta",
    definitions_lead="Cada tipo de evidencia con su definición y las cifras que acompañan a las evaluadas.",
    needs="De dónde viene la cifra",
    gaps="Lagunas en los datos",
    gaps_lead="Donde falta algo, una cifra se apoya en menos de lo debido. La falta de datos nunca es un buen "
    "resultado.",
    no_gaps="No consta ninguna laguna.",
    control="Control",
    words="En nuestras palabras",
    evidence="Evidencia",
    metric="Cifra",
    value="Valor",
    threshold="Exigido",
    result="Resultado",
    before="Antes",
    now="Ahora",
    change="Cambio",
    exceptions=Plural("Una excepción", "{n} excepciones"),
    more_exceptions=Plural("otra en el anexo", "otras {n} en el anexo"),
    sample="Muestra de registros",
    entered="Introducido por {person}, {day}",
    unconfirmed="referencia aún por comprobar en la norma",
    unconfirmed_number="aún por comprobar en la norma",
    out_of_scope="Queda abierto",
    framework="Marco",
    rules="Versión de las definiciones",
    attachment="Los datos de este informe se adjuntan como {name}, todos los resultados como {csv}, una línea por "
    "resultado.",
    whole_data="Datos del informe de evidencias de controles",
    csv="Todos los resultados como tabla",
)

SPANISH: Final = ControlWords(
    cover=_COVER,
    asking=_ASKING,
    amounts=_AMOUNTS,
    sections=_SECTIONS,
    change={
        "better": "mejor",
        "worse": "peor",
        "same": "sin cambios",
        "noise": "sin cambio más allá del azar",
        "too_few": "muy pocos casos (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)",
        "no_previous": "sin cifra anterior",
        "lost": "sin cifra ahora",
    },
)
