"""The DORA report in Polish."""

from typing import Final

from reports.documents.dora.language.phrases import DoraWords
from reports.language.plurals import PluralOfThree as Plural

POLISH: Final = DoraWords(
    kind="Zgłoszenie incydentu DORA",
    stage={
        "initial_notification": "Wstępne powiadomienie",
        "intermediate_report": "Sprawozdanie śródokresowe",
        "intermediate_update": "Zaktualizowane sprawozdanie śródokresowe",
        "final_report": "Sprawozdanie końcowe",
        "major_incident_reclassified_as_non-major": "Poważny incydent przeklasyfikowany jako inny niż poważny",
    },
    decision={
        "yes": "Zdecydowano: to poważny incydent związany z ICT.",
        "no": "Zdecydowano: to nie jest poważny incydent związany z ICT.",
        "open": "Nikt jeszcze nie zdecydował, czy to poważny incydent związany z ICT.",
    },
    rules={
        "yes": "Według reguł to poważny incydent związany z ICT.",
        "no": "Według reguł to nie jest poważny incydent związany z ICT.",
        "open": (
            "Na podstawie tego, co podano, reguły nie pozwalają jeszcze stwierdzić, czy to poważny incydent"
            " związany z ICT."
        ),
    },
    how="Rozporządzenie (UE) 2024/1772, art. 8: incydent dotyczy usług krytycznych, a ponadto albo nastąpił"
    " dostęp w złym zamiarze mogący prowadzić do utraty danych, albo spełnione są co najmniej {n} z "
    "pozostałych kryteriów.",
    differs_from_stated="Podano w polu 2.5: {stated}. Spełnione według reguł: {found}.",
    criteria={
        "critical_services": "Incydent dotyczy usług krytycznych",
        "malicious_access": "Skuteczny, nieuprawniony dostęp w złym zamiarze mogący prowadzić do utraty danych",
        "clients_counterparts_transactions": (
            "Ponad {clients_percent} % lub {clients} klientów usługi, ponad {counterparts_percent} % "
            "kontrahentów finansowych, ponad {transactions_percent} % dziennej liczby lub wartości "
            "transakcji albo istotny klient lub kontrahent"
        ),
        "reputation": "Media, powtarzające się skargi, niespełnione wymogi regulacyjne lub utraceni klienci",
        "duration_downtime": "Dłużej niż {duration} albo przerwa w działaniu usług krytycznych dłuższa niż {downtime}",
        "geographical_spread": "Skutki w co najmniej {states} państwach członkowskich",
        "data_losses": (
            "Utrata dostępności, autentyczności, integralności lub poufności danych o niekorzystnych skutkach"
        ),
        "economic_impact": "Koszty i straty powyżej {cost} EUR",
    },
    submission="Rodzaj sprawozdania",
    reference="Numer incydentu nadany przez podmiot finansowy",
    data_title="Sprawozdanie jako dane dla organu nadzoru",
    data_whole="Załączony JSON zawiera wszystko, czego schemat organów nadzoru wymaga na tym etapie.",
    data_open=Plural(
        one="Załączony JSON nie jest gotowy do złożenia: jedna pozycja schematu jest otwarta.",
        other="Załączony JSON nie jest gotowy do złożenia: {n} pozycji schematu jest otwartych.",
        few="Załączony JSON nie jest gotowy do złożenia: {n} pozycje schematu są otwarte.",
    ),
    data_lead="Załączono jako {name}, według schematu JSON 1.2.1 EUNB, EIOPA i ESMA. Zawiera te same fakty co to "
    "sprawozdanie i nic więcej; czego nie podano, pominięto.",
    data_description="Sprawozdanie o incydencie dla nadzoru finansowego, schemat JSON 1.2.1",
    why="Dlaczego nie ma tego w danych",
    faults={
        "lei": "Nieprawidłowy LEI: błędna forma lub cyfry kontrolne.",
        "email": "Adres e-mail w formie, której schemat nie przyjmuje.",
        "phone": "Numer telefonu w formie, której schemat nie przyjmuje.",
        "too_long": "Dłuższe, niż przyjmuje schemat.",
        "too_many_days": "Dłużej niż 999 dni.",
        "share": "Część jest większa niż całość; liczbę podaje się bez udziału.",
        "currency": "Sprawa jest prowadzona w euro; sprawozdanie jest w innej walucie.",
        "country": "To nie jest państwo Europejskiego Obszaru Gospodarczego według kodu.",
        "incomplete": "Podano, lecz bez części, której wymaga schemat.",
        "schema": "W tym miejscu danych inaczej, niż wymaga schemat.",
    },
    attached="Wszystkie fakty tego sprawozdania załączono jako {json}, a sprawozdanie dla nadzoru jako {report}.",
)
