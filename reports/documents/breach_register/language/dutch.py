"""The register's extract in Dutch."""

from typing import Final

from reports.documents.breach_register.language.phrases import RegisterWords
from reports.language.phrases import Plural

DUTCH: Final = RegisterWords(
    kind="Register van datalekken",
    law="Art. 33, lid 5, AVG",
    period="{first} tot en met {last}",
    cases=Plural("{n} zaak", "{n} zaken"),
    counts={
        "cases": "zaken",
        "breach": "inbreuken",
        "not_breach": "geen inbreuk",
        "undecided": "niet besloten",
        "authority": "melding besloten",
        "sent": "aan autoriteit gemeld",
        "subjects": "betrokkenen ingelicht",
    },
    open="Wat nog openstaat, en tot wanneer",
    nothing_open="In deze zaken staat niets open.",
    by="{what}: uiterlijk {due}",
    at_once="{what}: zonder onredelijke vertraging",
    overview="Alle zaken van de periode",
    empty="In deze periode is geen zaak geopend.",
    opened="Zaak geopend",
    dates="Wanneer",
    nature="Wat er is gebeurd",
    data="Gegevens",
    persons="Personen",
    effects="Gevolgen",
    remedy="Corrigerende maatregelen",
    risk="Risico en reden",
    authority="Autoriteit (art. 33)",
    subjects="Betrokkenen (art. 34)",
    filings="Verzonden meldingen",
    no_filing="Er is geen melding verzonden.",
    received="ontvangen {time}, kenmerk {reference}",
    no_receipt="nog geen ontvangstbewijs",
    delay="Redenen van een vertraging",
    lessons="Lessen",
    approved="Goedgekeurd door",
    told="ingelicht {time}",
    data_name="Register als gegevens",
    csv="Register als tabel",
    attachment="De feiten zijn bijgevoegd als {name}, het register als {csv}, één regel per zaak.",
)
