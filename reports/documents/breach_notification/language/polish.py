"""The notification draft in Polish."""

from typing import Final

from reports.documents.breach_notification.language.phrases import NotificationWords, SheetWords
from reports.language.plurals import PluralOfThree as Plural

_SHEET: Final = SheetWords(
    title="Arkusz do kopiowania",
    lead="Jedno pole w wierszu, z wartością do wklejenia. Na papierze adresy zapisano tak, by nikt ich nie kliknął; "
    "{text} i {csv} zawierają wartości bez zmian.",
    number="Nr",
    section="Część",
    field="Pole",
    value="Wartość",
    state="Stan",
    missing="JESZCZE BRAKUJE",
    not_stated="(nic nie podano; dobrowolne)",
    not_asked="(w tej sprawie niewymagane)",
    pasted="do wklejenia",
)

POLISH: Final = NotificationWords(
    kind="Zgłoszenie naruszenia ochrony danych osobowych",
    law="Art. 33 RODO: od administratora do organu nadzorczego",
    draft="Projekt dla Państwa inspektora ochrony danych",
    not_sent="Nic nie wysyła się samo. Zgłoszenie składa w organie człowiek.",
    decide="O czym muszą Państwo zdecydować i do kiedy",
    notify="Zdecydowano: zgłasza się organowi nadzorczemu.",
    not_notify="Zdecydowano: nie zgłasza się organowi nadzorczemu. Ten projekt pozostaje wtedy w aktach.",
    undecided="Nikt jeszcze nie zdecydował, czy zgłosić organowi nadzorczemu.",
    clock="72 godziny kończą się {due}.",
    clock_over="72 godziny skończyły się {due}. Zgłoszenie musi podać przyczyny opóźnienia.",
    clock_waits="72 godziny nie mają początku: Państwa inspektor ochrony danych wpisuje, kiedy stwierdzono naruszenie.",
    clock_met="Organ otrzymał pierwsze zgłoszenie {time}.",
    aware="Biegną od {start}, wpis: {name}.",
    late_reasons="Przyczyny opóźnienia: {text}",
    no_late_reasons="Brakuje jeszcze przyczyn opóźnienia. Bez nich spóźnione zgłoszenie nie jest pełne.",
    where="Dokąd trafia",
    channel="Droga",
    languages="Przyjmowane języki",
    site="Strona",
    unverified="Nikt ostatnio nie potwierdził strony, języków i drogi zgłoszenia tego organu. Proszę je sprawdzić "
    "przed złożeniem.",
    form="Formularz",
    form_general="Własny formularz tego organu nie jest tu znany; kolejność jest z formularza ogólnego.",
    other_language="Formularz organu jest w języku: {language}; ten projekt nim nie mówi i jest napisany po polsku.",
    steps="Jak złożyć je dzisiaj",
    step_read="Przeczytać odpowiedzi na następnych stronach.",
    step_missing="Uzupełnić w sprawie to, czego brakuje, albo wpisać to wprost do formularza.",
    step_paste="Otworzyć arkusz do kopiowania i wkleić każdą wartość do pola o tym samym numerze.",
    step_file="Złożyć formularz w organie i zachować potwierdzenie.",
    step_enter="Wpisać do sprawy sygnaturę, czas i potwierdzenie; to zatrzymuje termin.",
    answers="Odpowiedzi w kolejności formularza",
    answers_lead="Numery idą przez cały formularz; arkusz do kopiowania ma te same.",
    officer="Co jeszcze Państwo wpisują",
    officer_lead="Do wypełnienia po złożeniu zgłoszenia i do wpisania w sprawie.",
    reference="Sygnatura organu",
    submitted="Złożono (data, godzina, strefa)",
    receipt="Potwierdzenie zapisane jako",
    filed_by="Złożył(a) (nazwisko, funkcja)",
    figures="Na ile jest pełne",
    sources="Na czym opierają się odpowiedzi",
    attached="Załączniki: {json} ze wszystkim, {text} i {csv} z arkuszem do kopiowania.",
    keep="Organowi podaje się to, o co pyta formularz, a nie ten plik: zawiera on też Państwa własne decyzje.",
    text_sheet="Arkusz do kopiowania jako tekst",
    csv_sheet="Arkusz do kopiowania jako tabela",
    sheet=_SHEET,
    filled=Plural("wypełniono jedno pole", "wypełniono {n} pól", few="wypełniono {n} pola"),
    to_investigate=Plural("jedno w trakcie ustalania", "{n} w trakcie ustalania", few="{n} w trakcie ustalania"),
    lacking=Plural("brakuje jednego", "brakuje {n}", few="brakuje {n}"),
)
