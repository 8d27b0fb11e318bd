"""The control evidence report in Polish."""

from typing import Final

from reports.documents.controls.language.phrases import Amounts, Asking, ControlWords, Cover, Sections
from reports.language.plurals import PluralOfThree

_COVER: Final = Cover(
    kind="Raport z dowodami dla zabezpieczeń",
    period="od {first} do {last}",
    controls=PluralOfThree("{n} zabezpieczenie", "{n} zabezpieczeń", few="{n} zabezpieczenia"),
    standing="Stan zabezpieczeń",
    standing_alt="{controls}: {parts}",
    outcome="Wynik",
    number="Zabezpieczenia",
    meaning="Co to znaczy",
    meanings={
        "supported": "Każda liczba dotycząca zabezpieczenia osiąga to, co jest wymagane.",
        "partly_supported": "Niektóre liczby to osiągają, inne nie albo tylko przez część okresu.",
        "not_supported": "Żadna liczba nie osiąga tego, co jest wymagane.",
        "no_data": "Nikt nie zmierzył ani nie wprowadził liczby. To nie jest dobry wynik.",
        "not_in_scope": "Zapisy SOC nie mogą tego pokazać.",
    },
    needed="Co jest potrzebne",
    decisions=PluralOfThree("{n} decyzja od Państwa", "{n} decyzji od Państwa", few="{n} decyzje od Państwa"),
    entries=PluralOfThree("{n} wpis od Państwa", "{n} wpisów od Państwa", few="{n} wpisy od Państwa"),
    tasks=PluralOfThree("{n} zadanie SOC", "{n} zadań SOC", few="{n} zadania SOC"),
    nothing_needed="Nic. Żadna decyzja ani żaden wpis nie czeka na Państwa.",
    nothing_needed_reason="Każda liczba, którą można zmierzyć lub wprowadzić, jest i osiąga to, co jest wymagane.",
    more_needed=PluralOfThree(
        "Jeszcze jeden punkt jest w części o tym, co jest potrzebne.",
        "Jeszcze {n} punktów jest w części o tym, co jest potrzebne.",
        few="Jeszcze {n} punkty są w części o tym, co jest potrzebne.",
    ),
    changed="Co się zmieniło od poprzedniego okresu",
    changes="Lepiej: {better}. Gorzej: {worse}. Bez zmiany ponad przypadek: {still}. Za mało przypadków, by coś "
    "stwierdzić (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10): {few}. Nieporównywalne: {none}.",
    no_previous="Nie ma liczb z poprzedniego okresu.",
    more_changes=PluralOfThree(
        "Jeszcze jedna zmiana jest w części o zmianach.",
        "Jeszcze {n} zmian jest w części o zmianach.",
        few="Jeszcze {n} zmiany są w części o zmianach.",
    ),
    no_verdict="Ten raport pokazuje, w jakim stopniu zapisy potwierdzają poszczególne zabezpieczenia. Czy całość jest "
    "spełniona, stwierdza audytor lub organ.",
)

_ASKING: Final = Asking(
    heading="Co jest potrzebne i od kogo",
    lead="Jeden wiersz dla każdej liczby, której brakuje lub która nie osiąga tego, co jest wymagane. Prosimy wskazać "
    "osobę, która odpowiada.",
    to_decide="{metric}: {value}; wymagane: {threshold}. Prosimy zdecydować, jak to osiągnąć albo dlaczego nie.",
    to_enter="Nie wprowadzono za ten okres: {metrics}. Prosimy wprowadzić wraz z dowodem.",
    to_repair="{metric}: {value}; wymagane: {threshold}. SOC podaje przyczynę i środek zaradczy.",
    to_bring="Bez danych: {metrics}. SOC wskazuje brakujące źródło.",
    who="Od",
    what="Co",
    controls="Zabezpieczenia",
    answer="Osoba i data",
    answer_slot="do wskazania",
)

_AMOUNTS: Final = Amounts(
    decimal=",",
    percent="{n}%",
    days=PluralOfThree("{n} dzień", "{n} dni", few="{n} dni"),
    hours=PluralOfThree("{n} godzina", "{n} godzin", few="{n} godziny"),
    minutes=PluralOfThree("{n} minuta", "{n} minut", few="{n} minuty"),
    part="{part} z {whole}",
    at_least="co najmniej {number}",
    at_most="co najwyżej {number}",
    sources={"default": "zwykła liczba", "contract": "własna liczba Państwa", "standard": "ustalone przez normę"},
    fixed_by="ustalone przez {source}",
    cases="n = {n}",
)

_SECTIONS: Final = Sections(
    glance="Wszystkie zabezpieczenia w skrócie",
    changes="Zmiany od poprzedniego okresu",
    changes_lead="Porównano okresy {period} i {previous}. Udział się zmienił, gdy przypadek daje tak dużą "
    "różnicę rzadziej "
    "niż raz na dwadzieścia; przy mniej niż dziesięciu przypadkach po jednej stronie nic się nie stwierdza.",
    each="Zabezpieczenie po zabezpieczeniu",
    beyond="Czego ten raport nie może pokazać",
    beyond_lead="Żaden zapis SOC nie dowodzi poniższego. Prosimy prowadzić własny dokument i wskazać go tutaj.",
    beyond_what="Co pozostaje otwarte",
    beyond_file="Własny dokument, osoba, data",
    beyond_slot="do wskazania",
    given="Pliki przekazane z wpisami",
    given_by="Wprowadzający",
    given_at="Dnia",
    given_file="Plik",
    definitions="Co jest liczone",
    definitions_lead="Każdy rodzaj dowodu z definicją i liczbami, które stoją obok ocenianych.",
    needs="Skąd pochodzi liczba",
    gaps="Luki w danych",
    gaps_lead="Gdzie czegoś brakuje, liczba opiera się na mniejszej podstawie, niż powinna. Brak danych nigdy nie jest "
    "dobrym wynikiem.",
    no_gaps="Nie odnotowano żadnej luki.",
    control="Zabezpieczenie",
    words="Naszymi słowami",
    evidence="Dowód",
    metric="Liczba",
    value="Wartość",
    threshold="Wymagane",
    result="Wynik",
    before="Przedtem",
    now="Teraz",
    change="Zmiana",
    exceptions=PluralOfThree("Jeden wyjątek", "{n} wyjątków", few="{n} wyjątki"),
    more_exceptions=PluralOfThree(
        "jeszcze jeden w załączniku", "jeszcze {n} w załączniku", few="jeszcze {n} w załączniku"
    ),
    sample="Próbka zapisów",
    entered="Wprowadzone przez: {person}, {day}",
    unconfirmed="odniesienie do sprawdzenia w normie",
    unconfirmed_number="do sprawdzenia w normie",
    out_of_scope="Pozostaje otwarte",
    framework="Ramy",
    rules="Wersja definicji",
    attachment="Dane tego raportu są dołączone jako {name}, wszystkie wyniki jako {csv}, jeden wiersz na wynik.",
    whole_data="Dane raportu z dowodami dla zabezpieczeń",
    csv="Wszystkie wyniki jako tabela",
)

POLISH: Final = ControlWords(
    cover=_COVER,
    asking=_ASKING,
    amounts=_AMOUNTS,
    sections=_SECTIONS,
    change={
        "better": "lepiej",
        "worse": "gorzej",
        "same": "bez zmian",
        "noise": "bez zmiany ponad przypadek",
        "too_few": "za mało przypadków (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)",
        "no_previous": "przedtem brak liczby",
        "lost": "teraz brak liczby",
    },
)
