"""The letter to the persons concerned in Polish."""

from typing import Final

from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.plurals import PluralOfThree

POLISH: Final = LetterWords(
    kind="Pismo do osób, których dane dotyczą",
    subject="Naruszenie ochrony Pani lub Pana danych osobowych",
    recipient="Imię, nazwisko i adres odbiorcy",
    date="Data",
    greeting="Szanowni Państwo,",
    intro="piszemy, ponieważ incydent u nas może dotyczyć Państwa danych osobowych.",
    happened="Co się stało",
    period="Stało się to {time} lub później.",
    data="Jakich danych to dotyczy",
    means="Co to może oznaczać dla Państwa",
    done="Co zrobiliśmy",
    advice="Co warto zrobić",
    ask="Kogo można zapytać",
    sign="Z poważaniem",
    officer="Strona dla inspektora ochrony danych: nie wysyłać",
    letter="Pismo zaczyna się na następnej stronie.",
    ready="Pismo ma wszystkie części. Proszę je przeczytać przed wysłaniem.",
    lacks=PluralOfThree(
        "Brakuje jednej części pisma. Pominięto ją i niczego nie zmyślono.",
        "Brakuje {n} części pisma. Pominięto je i niczego nie zmyślono.",
        "Brakuje {n} części pisma. Pominięto je i niczego nie zmyślono.",
    ),
    where="Pole sprawy",
    public="Komunikat publiczny (art. 34 ust. 3 lit. c)",
    public_lead="Do publicznego komunikatu zamiast pism. Nie wymienia nikogo z nazwiska.",
    sender="Nadawca pisma",
    no_decision="Nikt nie zdecydował o zawiadomieniu osób. Bez tej decyzji pismo nie może zostać wysłane.",
    due="Bez zbędnej zwłoki, gdy tylko wysokie ryzyko jest prawdopodobne.",
)
