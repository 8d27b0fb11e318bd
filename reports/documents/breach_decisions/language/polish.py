"""The severity and decision record in Polish."""

from typing import Final

from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.language.plurals import PluralOfThree

POLISH: Final = DecisionWords(
    kind="Waga naruszenia i decyzje",
    law="Art. 33 i 34 RODO; waga według metody ENISA",
    undecided="Nierozstrzygnięte: kto decyduje i do kiedy",
    open=PluralOfThree("Jedna decyzja jest otwarta.", "{n} decyzji jest otwartych.", "{n} decyzje są otwarte."),
    none_open="Nic nie jest otwarte: wszystkie decyzje, których sprawa wymaga, zostały podjęte.",
    until="{who}, do {due}",
    overdue="{who}; termin minął {due}",
    at_once="{who}, bez zbędnej zwłoki",
    regime="Czy {name} ma zastosowanie?",
    standing="Rozstrzygnięte: co, przez kogo, kiedy i dlaczego",
    answer="Decyzja",
    why="Uzasadnienie",
    advice="Sugestia i decyzja",
    advised="Sugestia, która o niczym nie decyduje",
    same="zgodnie z sugestią",
    differs="odbiega od sugestii; liczy się uzasadnienie osoby",
    no_advice="Nie ma sugestii: waga nie została oceniona.",
    exemption="Wyjątek od zawiadomienia osób (art. 34 ust. 3)",
    no_exemption="Nie powołano się na żaden wyjątek.",
    log="Wszystkie decyzje w kolejności",
    approvals="Zatwierdzenia",
    approvals_none="Nikt nie zatwierdził ani nie odrzucił sprawy.",
    of_version="wersja {n} sprawy",
)
