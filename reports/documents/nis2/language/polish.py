"""The NIS2 report in Polish."""

from typing import Final

from reports.documents.nis2.language.phrases import Nis2Words

POLISH: Final = Nis2Words(
    kind="Zgłoszenie incydentu NIS2",
    own_kind="Zgłoszenie incydentu NIS2 dostawcy usług",
    stage={
        "early_warning": "Wczesne ostrzeżenie",
        "notification": "Zgłoszenie incydentu",
        "intermediate": "Sprawozdanie okresowe",
        "progress": "Sprawozdanie z postępu prac",
        "final": "Sprawozdanie końcowe",
    },
    decision={
        "yes": "Zdecydowano: to poważny incydent.",
        "no": "Zdecydowano: to nie jest poważny incydent.",
        "open": "Nikt jeszcze nie zdecydował, czy to poważny incydent.",
    },
    rules={
        "yes": "Według reguł to poważny incydent.",
        "no": "Według reguł to nie jest poważny incydent.",
        "open": "Na podstawie tego, co podano, reguły nie pozwalają jeszcze stwierdzić, czy to poważny incydent.",
        "maintenance": "Według reguł to nie jest poważny incydent: konserwacja była planowana.",
    },
    by_person="W przypadku tego rodzaju podmiotu ocenia człowiek według art. 23 ust. 3 dyrektywy (UE) 2022/2555: "
    "dotkliwe zakłócenie lub straty finansowe podmiotu albo znaczne szkody u innych, które wystąpiły "
    "lub mogą wystąpić.",
    for_providers="Poniższe kryteria pochodzą z rozporządzenia wykonawczego (UE) 2024/2690 i dotyczą wymienionych w "
    "nim dostawców cyfrowych.",
    criteria={
        "Art. 3(1)(a)": (
            "Bezpośrednia strata finansowa powyżej {loss} EUR lub {turnover} % obrotu za poprzedni rok, "
            "zależnie od tego, która kwota jest niższa"
        ),
        "Art. 3(1)(b)": "Wyprowadzono tajemnice przedsiębiorstwa",
        "Art. 3(1)(c)": "Osoba fizyczna zmarła lub może umrzeć",
        "Art. 3(1)(d)": "Znaczny uszczerbek na zdrowiu osoby fizycznej lub jego możliwość",
        "Art. 3(1)(e)": "Skuteczny dostęp, prawdopodobnie w złym zamiarze, mogący poważnie zakłócić działalność",
        "Art. 10(a)": "Usługa jest całkowicie niedostępna dłużej niż {down}",
        "Art. 10(b)": (
            "Usługa jest ograniczona dłużej niż {limited} dla ponad {percent} % lub {users} jej "
            "użytkowników w Unii, zależnie od tego, która liczba jest niższa"
        ),
        "Art. 10(c)": "Dane usługi naruszono działaniem prawdopodobnie w złym zamiarze",
        "Art. 10(d)": (
            "Naruszono dane ponad {percent} % lub {users} użytkowników w Unii, zależnie od tego, która "
            "liczba jest niższa"
        ),
    },
)
