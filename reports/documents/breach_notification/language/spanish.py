"""The notification draft in Spanish."""

from typing import Final

from reports.documents.breach_notification.language.phrases import NotificationWords, SheetWords
from reports.language.phrases import Plural

_SHEET: Final = SheetWords(
    title="Hoja para copiar",
    lead="Un campo por fila, con el valor que se pega. En papel las direcciones se escriben de modo que no se puedan "
    "pulsar; {text} y {csv} contienen los valores sin cambios.",
    number="N.º",
    section="Apartado",
    field="Campo",
    value="Valor",
    state="Estado",
    missing="FALTA TODAVÍA",
    not_stated="(nada indicado; voluntario)",
    not_asked="(no se pide en este caso)",
    pasted="para pegar",
)

SPANISH: Final = NotificationWords(
    kind="Notificación de una violación de datos",
    law="Art. 33 RGPD: del responsable del tratamiento a la autoridad de control",
    draft="Borrador para su delegado de protección de datos",
    not_sent="Nada se envía por sí solo. Una persona presenta la notificación ante la autoridad.",
    decide="Qué debe decidir, y cuándo",
    notify="Decidido: se notifica a la autoridad de control.",
    not_notify="Decidido: no se notifica a la autoridad de control. Este borrador queda entonces para su archivo.",
    undecided="Nadie ha decidido todavía si se notifica a la autoridad de control.",
    clock="Las 72 horas terminan el {due}.",
    clock_over="Las 72 horas terminaron el {due}. La notificación debe indicar los motivos de la dilación.",
    clock_waits="Las 72 horas no tienen inicio: su delegado de protección de datos introduce cuándo tuvieron "
    "conocimiento.",
    clock_met="La autoridad recibió la primera notificación el {time}.",
    aware="Corren desde el {start}, introducido por {name}.",
    late_reasons="Motivos de la dilación: {text}",
    no_late_reasons="Faltan todavía los motivos de la dilación. Sin ellos, una notificación tardía no está completa.",
    where="Adónde va",
    channel="Vía",
    languages="Idiomas aceptados",
    site="Sitio",
    unverified="Nadie ha confirmado últimamente el sitio, los idiomas y la vía de esta autoridad. Compruébelos antes "
    "de presentar.",
    form="Formulario",
    form_general="Aquí no se conoce el formulario propio de esta autoridad; el orden es el del formulario general.",
    other_language="El formulario de la autoridad está en {language}; este borrador no habla ese idioma y está "
    "escrito en español.",
    steps="Cómo presentarla hoy",
    step_read="Lea las respuestas de las páginas siguientes.",
    step_missing="Haga que se introduzca en el expediente lo que falta, o introdúzcalo usted en el formulario.",
    step_paste="Abra la hoja para copiar y pegue cada valor en el campo del mismo número.",
    step_file="Presente el formulario ante la autoridad y guarde el acuse de recibo.",
    step_enter="Introduzca en el expediente la referencia, la hora y el acuse; eso detiene el plazo.",
    answers="Las respuestas en el orden del formulario",
    answers_lead="Los números siguen el formulario; la hoja para copiar tiene los mismos.",
    officer="Qué introduce usted todavía",
    officer_lead="Para rellenar cuando se haya presentado la notificación, e introducir en el expediente.",
    reference="Referencia de la autoridad",
    submitted="Presentada el (fecha, hora, zona)",
    receipt="Acuse guardado como",
    filed_by="Presentada por (nombre, función)",
    figures="Hasta qué punto está completa",
    sources="En qué se basan las respuestas",
    attached="Adjuntos: {json} con todo, {text} y {csv} con la hoja para copiar.",
    keep="Dé a la autoridad lo que pide su formulario, y no este archivo: contiene también sus propias decisiones.",
    text_sheet="Hoja para copiar como texto",
    csv_sheet="Hoja para copiar como tabla",
    sheet=_SHEET,
    filled=Plural("un campo rellenado", "{n} campos rellenados"),
    to_investigate=Plural("uno en investigación", "{n} en investigación"),
    lacking=Plural("falta uno", "faltan {n}"),
)
