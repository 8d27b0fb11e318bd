"""The words of the mails about reports, in the languages of the reports.

Only reports that any reader of a mailbox may know of are named; of all others a mail says that there is a document, and
not of what kind, so that a subject line tells nobody of an incident or a breach.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from watchfloor.reporting.subject import Kind


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One language. `{sender}`, `{first}`, `{last}` are filled in."""

    named: Mapping[Kind, str]
    """What the kinds are called that are named."""
    document: str
    period: str
    ready: str
    open: str
    sign_in: str
    questions: str


ENGLISH: Final = Words(
    named={
        "service": "Security service report",
        "controls": "Control evidence report",
        "assurance": "Provider assurance report",
    },
    document="A document is ready for you",
    period="{first} to {last}",
    ready="{sender} has made a document available to you.",
    open="Open it here:",
    sign_in="You will be asked to sign in. The address is no key: it opens nothing for anybody else.",
    questions="Questions:",
)

WORDS: Final[Mapping[str, Words]] = {
    "en": ENGLISH,
    "de": Words(
        named={
            "service": "Bericht zum Sicherheitsdienst",
            "controls": "Nachweisbericht zu Kontrollen",
            "assurance": "Bericht über die Arbeit des Dienstleisters",
        },
        document="Ein Dokument liegt für Sie bereit",
        period="{first} bis {last}",
        ready="{sender} hat ein Dokument für Sie bereitgestellt.",
        open="Hier öffnen:",
        sign_in="Sie werden um Anmeldung gebeten. Die Adresse ist kein Schlüssel: Sie öffnet niemandem sonst etwas.",
        questions="Fragen:",
    ),
    "fr": Words(
        named={
            "service": "Rapport du service de sécurité",
            "controls": "Rapport de preuves des contrôles",
            "assurance": "Rapport d'assurance du prestataire",
        },
        document="Un document est à votre disposition",
        period="du {first} au {last}",
        ready="{sender} a mis un document à votre disposition.",
        open="L'ouvrir ici\N{NO-BREAK SPACE}:",
        sign_in="Il vous sera demandé de vous connecter. L'adresse n'est pas une clé : elle n'ouvre rien à autrui.",
        questions="Questions\N{NO-BREAK SPACE}:",
    ),
    "es": Words(
        named={
            "service": "Informe del servicio de seguridad",
            "controls": "Informe de evidencias de los controles",
            "assurance": "Informe de garantías del proveedor",
        },
        document="Tiene un documento disponible",
        period="del {first} al {last}",
        ready="{sender} ha puesto un documento a su disposición.",
        open="Ábralo aquí:",
        sign_in="Se le pedirá que inicie sesión. La dirección no es una llave: no abre nada a otras personas.",
        questions="Preguntas:",
    ),
    "it": Words(
        named={
            "service": "Rapporto sul servizio di sicurezza",
            "controls": "Rapporto sulle evidenze dei controlli",
            "assurance": "Rapporto di garanzia del fornitore",
        },
        document="Un documento è a Sua disposizione",
        period="dal {first} al {last}",
        ready="{sender} ha messo un documento a Sua disposizione.",
        open="Lo apra qui:",
        sign_in="Le verrà chiesto di accedere. L'indirizzo non è una chiave: non apre nulla ad altri.",
        questions="Domande:",
    ),
    "nl": Words(
        named={
            "service": "Rapport over de beveiligingsdienst",
            "controls": "Rapport met bewijs van maatregelen",
            "assurance": "Verantwoordingsrapport van de dienstverlener",
        },
        document="Er staat een document voor u klaar",
        period="{first} tot en met {last}",
        ready="{sender} heeft een document voor u klaargezet.",
        open="Open het hier:",
        sign_in="U wordt gevraagd in te loggen. Het adres is geen sleutel: het opent niets voor anderen.",
        questions="Vragen:",
    ),
    "pl": Words(
        named={
            "service": "Raport z usługi bezpieczeństwa",
            "controls": "Raport z dowodami działania zabezpieczeń",
            "assurance": "Raport z zapewnieniami dostawcy",
        },
        document="Dokument jest gotowy do odbioru",
        period="od {first} do {last}",
        ready="{sender} udostępnia Państwu dokument.",
        open="Otwórz tutaj:",
        sign_in="Wymagane będzie zalogowanie. Adres nie jest kluczem: nikomu innemu niczego nie otworzy.",
        questions="Pytania:",
    ),
}


def words_in(language: str) -> Words:
    """The words of a language; English for one that there is none of."""
    return WORDS.get(language, ENGLISH)
