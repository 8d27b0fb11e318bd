"""The control evidence report in Dutch."""

from typing import Final

from reports.documents.controls.language.phrases import Amounts, Asking, ControlWords, Cover, Sections
from reports.language.phrases import Plural

_COVER: Final = Cover(
    kind="Bewijsrapport beheersmaatregelen",
    period="{first} tot en met {last}",
    controls=Plural("{n} beheersmaatregel", "{n} beheersmaatregelen"),
    standing="Hoe de maatregelen ervoor staan",
    standing_alt="{controls}: {parts}",
    outcome="Uitkomst",
    number="Maatregelen",
    meaning="Wat het betekent",
    meanings={
        "supported": "Elk getal bij de maatregel haalt wat gevraagd is.",
        "partly_supported": "Sommige getallen halen het, andere niet of maar voor een deel van de periode.",
        "not_supported": "Geen getal haalt wat gevraagd is.",
        "no_data": "Niemand heeft een getal gemeten of ingevoerd. Dat is geen goede uitkomst.",
        "not_in_scope": "Gegevens van een SOC kunnen het niet tonen.",
    },
    needed="Wat nodig is",
    decisions=Plural("{n} beslissing van u", "{n} beslissingen van u"),
    entries=Plural("{n} invoer van u", "{n} keer invoer van u"),
    tasks=Plural("{n} taak van het SOC", "{n} taken van het SOC"),
    nothing_needed="Niets. Er wacht geen beslissing en geen invoer op u.",
    nothing_needed_reason="Elk getal dat gemeten of ingevoerd kan worden is er en haalt wat gevraagd is.",
    more_needed=Plural(
        "Nog één punt staat in het deel over wat nodig is.", "Nog {n} punten staan in het deel over wat nodig is."
    ),
    changed="Wat er sinds de vorige periode is veranderd",
    changes="Beter: {better}. Slechter: {worse}. Geen verandering buiten toeval: {still}. Te weinig gevallen om "
    "iets te "
    "zeggen (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10): {few}. Niet te vergelijken: {none}.",
    no_previous="Er zijn geen getallen van een vorige periode.",
    more_changes=Plural(
        "Nog één staat in het deel over veranderingen.", "Nog {n} staan in het deel over veranderingen."
    ),
    no_verdict="Dit rapport toont in hoeverre gegevens afzonderlijke maatregelen ondersteunen. Of aan het geheel is "
    "voldaan, is aan een auditor of autoriteit.",
)

_ASKING: Final = Asking(
    heading="Wat nodig is, en van wie",
    lead="Eén regel voor elk getal dat ontbreekt of niet haalt wat gevraagd is. Noem de persoon die antwoordt.",
    to_decide="{metric}: {value}; gevraagd: {threshold}. Beslis hoe het gehaald wordt of waarom niet.",
    to_enter="Niet ingevoerd voor deze periode: {metrics}. Voer het in met het bewijs.",
    to_repair="{metric}: {value}; gevraagd: {threshold}. Het SOC noemt oorzaak en oplossing.",
    to_bring="Zonder gegevens: {metrics}. Het SOC zegt welke bron ontbreekt.",
    who="Van",
    what="Wat",
    controls="Maatregelen",
    answer="Persoon en datum",
    answer_slot="nog te noemen",
)

_AMOUNTS: Final = Amounts(
    decimal=",",
    percent="{n}%",
    days=Plural("{n} dag", "{n} dagen"),
    hours=Plural("{n} uur", "{n} uur"),
    minutes=Plural("{n} minuut", "{n} minuten"),
    part="{part} van {whole}",
    at_least="minstens {number}",
    at_most="hoogstens {number}",
    sources={"default": "gebruikelijk getal", "contract": "uw eigen getal", "standard": "vastgelegd door de norm"},
    fixed_by="vastgelegd door {source}",
    cases="n = {n}",
)

_SECTIONS: Final = Sections(
    glance="Alle maatregelen in één oogopslag",
    changes="Veranderingen sinds de vorige periode",
    changes_lead="Vergeleken zijn {period} en {previous}. Een aandeel is veranderd als toeval zo'n groot verschil in "
    "minder dan één op de twintig gevallen geeft; met minder dan tien gevallen aan één kant wordt niets gezegd.",
    each="Maatregel voor maatregel",
    beyond="Wat dit rapport niet kan tonen",
    beyond_lead="Geen gegeven van een SOC bewijst het volgende. Houd er een eigen stuk voor bij en noem het hier.",
    beyond_what="Wat open blijft",
    beyond_file="Eigen stuk, persoon, datum",
    beyond_slot="nog te noemen",
    given="Bestanden die bij invoer zijn gegeven",
    given_by="Ingevoerd door",
    given_at="Op",
    given_file="Bestand",
    definitions="Wat wordt geteld",
    definitions_lead="Elk soort bewijs met de definitie en de getallen die naast de beoordeelde staan.",
    needs="Waar het getal vandaan komt",
    gaps="Gaten in de gegevens",
    gaps_lead="Waar iets ontbreekt, rust een getal op minder dan zou moeten. Geen gegevens is nooit een goede "
    "uitkomst.",
    no_gaps="Er is geen gat vastgelegd.",
    control="Maatregel",
    words="In onze woorden",
    evidence="Bewijs",
    metric="Getal",
    value="Waarde",
    threshold="Gevraagd",
    result="Uitkomst",
    before="Eerder",
    now="Nu",
    change="Verandering",
    exceptions=Plural("Eén uitzondering", "{n} uitzonderingen"),
    more_exceptions=Plural("nog één in de bijlage", "nog {n} in de bijlage"),
    sample="Steekproef van gegevens",
    entered="Ingevoerd door {person}, {day}",
    unconfirmed="vindplaats nog na te gaan in de norm",
    unconfirmed_number="nog na te gaan in de norm",
    out_of_scope="Blijft open",
    framework="Raamwerk",
    rules="Versie van de definities",
    attachment="De gegevens van dit rapport zijn bijgevoegd als {name}, alle uitkomsten als {csv}, één regel "
    "per uitkomst.",
    whole_data="Gegevens van het bewijsrapport beheersmaatregelen",
    csv="Alle uitkomsten als tabel",
)

DUTCH: Final = ControlWords(
    cover=_COVER,
    asking=_ASKING,
    amounts=_AMOUNTS,
    sections=_SECTIONS,
    change={
        "better": "beter",
        "worse": "slechter",
        "same": "onveranderd",
        "noise": "geen verandering buiten toeval",
        "too_few": "te weinig gevallen (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)",
        "no_previous": "eerder geen getal",
        "lost": "nu geen getal",
    },
)
