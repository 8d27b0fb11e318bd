"""The letter to the persons concerned in Spanish."""

from typing import Final

from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.phrases import Plural

SPANISH: Final = LetterWords(
    kind="Carta a los interesados",
    subject="Violación de la seguridad de sus datos personales",
    recipient="Nombre y dirección del destinatario",
    date="Fecha",
    greeting="Hola:",
    intro=("Le escribimos porque un incidente en nuestra organización puede afectar a sus datos personales."),
    happened="Qué ocurrió",
    period="Ocurrió el {time} o después.",
    data="Qué datos están afectados",
    means="Qué puede significar para usted",
    done="Qué hemos hecho",
    advice="Qué debería hacer usted",
    ask="A quién puede preguntar",
    sign="Atentamente,",
    officer="Portada para el delegado de protección de datos: no enviar",
    letter="La carta empieza en la página siguiente.",
    ready="Están todas las partes de la carta. Léala antes de que salga.",
    lacks=Plural(
        "Falta una parte de la carta. Se dejó fuera y no se inventó.",
        "Faltan {n} partes de la carta. Se dejaron fuera y no se inventaron.",
    ),
    where="Campo del caso",
    public="Comunicación pública (art. 34, apartado 3, letra c)",
    public_lead="Para una comunicación pública en lugar de cartas. No nombra a nadie.",
    sender="Remitente de la carta",
    no_decision="Nadie ha decidido informar a las personas. Sin esa decisión la carta no debe salir.",
    due="Debe salir sin dilación indebida en cuanto sea probable un alto riesgo.",
)
