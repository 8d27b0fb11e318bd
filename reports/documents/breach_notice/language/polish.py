"""The notice to the controller in Polish."""

from typing import Final

from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.plurals import PluralOfThree as Plural

POLISH: Final = NoticeWords(
    kind="Zgłoszenie naruszenia ochrony danych",
    law="Art. 33 ust. 2 RODO: od podmiotu przetwarzającego do administratora",
    happened="Co się stało",
    done="Co zrobiono",
    nothing_done="Nie zapisano jeszcze żadnego środka.",
    decide="O czym muszą Państwo zdecydować i do kiedy",
    clock_runs="Państwa zgłoszenie organowi nadzorczemu należy złożyć do {due}, chyba że ryzyko dla osób jest mało "
    "prawdopodobne.",
    clock_over="Państwa zgłoszenie organowi nadzorczemu należało złożyć do {due}. Spóźnione musi podać przyczyny.",
    clock_met="Organ nadzorczy otrzymał Państwa zgłoszenie {time}.",
    clock_off="Według Państwa decyzji zgłoszenie organowi nadzorczemu nie jest wymagane.",
    clock_waits="Państwa 72 godziny nie mają jeszcze początku: nikt po Państwa stronie nie wpisał, kiedy stwierdzono "
    "naruszenie.",
    proposal="Proponowany początek: {start}, gdy to zgłoszenie do Państwa dociera. 72 godziny kończą się wtedy {due}.",
    who_enters="Początek wpisuje Państwa inspektor ochrony danych. My nigdy.",
    question={
        "is_breach": "Czy to naruszenie ochrony danych osobowych?",
        "clock.controller_aware_at": "Kiedy je stwierdzono?",
        "risk.risk": "Czy istnieje ryzyko dla osób?",
        "risk.art33_decision": "Czy zgłasza się organowi nadzorczemu?",
        "risk.art34_decision": "Czy zawiadamia się osoby, których dane dotyczą?",
    },
    open_question="otwarte",
    open_questions=Plural(
        "Na Państwa czeka jedna decyzja.",
        "Na Państwa czeka {n} decyzji.",
        few="Na Państwa czekają {n} decyzje.",
    ),
    all_decided="Wszystkie decyzje, o które prosimy, zostały podjęte.",
    suggestion="Nasza propozycja, która o niczym nie rozstrzyga",
    suggest_notify="Zgłosić organowi nadzorczemu.",
    suggest_register="Wpisać do rejestru; zgłoszenia nie proponujemy.",
    suggest_tell="Zawiadomić osoby, których dane dotyczą.",
    suggest_not_tell="Zawiadomienia osób, których dane dotyczą, nie proponujemy.",
    because="Powody: {reasons}.",
    weigh="Do rozważenia: {reasons}.",
    every_breach="Zgłaszamy Państwu każde naruszenie ochrony danych osobowych. Czy istnieje ryzyko, oceniają Państwo.",
    next_update="Napiszemy ponownie do {time} albo gdy tylko będzie wiadomo coś nowego.",
    no_next_update="Nie ustalono czasu kolejnego zgłoszenia; napiszemy, gdy tylko będzie wiadomo coś nowego.",
    reach="Kontakt o każdej porze",
    control="To zgłoszenie",
    figures={"persons": "osoby", "records": "wpisy danych", "systems": "systemy", "severity": "waga (ENISA)"},
    to_see="jeszcze otwarte",
    nature="Charakter naruszenia",
    data="Dane i osoby",
    consequences="Możliwe konsekwencje",
    measures="Środki",
    regimes="Terminy i inne przepisy",
    telling="Zawiadomienie osób, których dane dotyczą (art. 34)",
    telling_lead="O zawiadomieniu osób decydują Państwo. Jest wymagane, gdy wysokie ryzyko jest prawdopodobne.",
    open_points="Punkty otwarte",
    sources="Na czym opierają się informacje",
    applies_by="Czy obowiązuje inny przepis?",
    parties="Kto bierze udział",
    method="Jak czytać to zgłoszenie",
    withdrawn="To zgłoszenie wycofano: nie przyjmuje się już, że naruszono dane osobowe.",
)
