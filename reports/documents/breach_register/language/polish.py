"""The register's extract in Polish."""

from typing import Final

from reports.documents.breach_register.language.phrases import RegisterWords
from reports.language.plurals import PluralOfThree

POLISH: Final = RegisterWords(
    kind="Rejestr naruszeń ochrony danych",
    law="Art. 33 ust. 5 RODO",
    period="{first} / {last}",
    cases=PluralOfThree("{n} sprawa", "{n} spraw", "{n} sprawy"),
    counts={
        "cases": "sprawy",
        "breach": "naruszenia",
        "not_breach": "brak naruszenia",
        "undecided": "nierozstrzygnięte",
        "authority": "decyzja o zgłoszeniu",
        "sent": "zgłoszone organowi",
        "subjects": "osoby zawiadomione",
    },
    open="Co jest jeszcze otwarte i do kiedy",
    nothing_open="W tych sprawach nic nie jest otwarte.",
    by="{what}: do {due}",
    at_once="{what}: bez zbędnej zwłoki",
    overview="Wszystkie sprawy z tego okresu",
    empty="W tym okresie nie otwarto żadnej sprawy.",
    opened="Sprawę otwarto",
    dates="Kiedy",
    nature="Co się stało",
    data="Dane",
    persons="Osoby",
    effects="Skutki",
    remedy="Działania zaradcze",
    risk="Ryzyko i uzasadnienie",
    authority="Organ (art. 33)",
    subjects="Osoby, których dane dotyczą (art. 34)",
    filings="Wysłane zgłoszenia",
    no_filing="Nie wysłano żadnego zgłoszenia.",
    received="otrzymano {time}, znak {reference}",
    no_receipt="brak potwierdzenia odbioru",
    delay="Przyczyny opóźnienia",
    lessons="Wnioski",
    approved="Zatwierdził(a)",
    told="zawiadomiono {time}",
    data_name="Rejestr jako dane",
    csv="Rejestr jako tabela",
    attachment="Fakty dołączono jako {name}, rejestr jako {csv}, jeden wiersz na sprawę.",
)
