"""The control evidence report in English."""

from typing import Final

from reports.documents.controls.language.phrases import Amounts, Asking, ControlWords, Cover, Sections
from reports.language.phrases import Plural

_COVER: Final = Cover(
    kind="Control evidence report",
    period="{first} to {last}",
    controls=Plural("{n} control", "{n} controls"),
    standing="How the controls stand",
    standing_alt="{controls}: {parts}",
    outcome="Result",
    number="Controls",
    meaning="What it means",
    meanings={
        "supported": "Every number that speaks to the control reached what is asked.",
        "partly_supported": "Some numbers did, others did not, or only for a part of the period.",
        "not_supported": "No number reached what is asked.",
        "no_data": "Nobody measured or entered a number. That is no good result.",
        "not_in_scope": "Records of a security operations centre cannot show it.",
    },
    needed="What is needed",
    decisions=Plural("{n} decision from you", "{n} decisions from you"),
    entries=Plural("{n} entry from you", "{n} entries from you"),
    tasks=Plural("{n} task of the SOC", "{n} tasks of the SOC"),
    nothing_needed="Nothing. No decision and no entry is waiting for you.",
    nothing_needed_reason="Every number that can be measured or entered is there and reached what is asked.",
    more_needed=Plural(
        "One more stands in the section on what is needed.", "{n} more stand in the section on what is needed."
    ),
    changed="What changed since the period before",
    changes="Better: {better}. Worse: {worse}. No change beyond chance: {still}. Too few cases to tell (n < "
    "10): {few}. "
    "Not comparable: {none}.",
    no_previous="There are no numbers of a period before.",
    more_changes=Plural("One more stands in the section on changes.", "{n} more stand in the section on changes."),
    no_verdict="This report shows how far records support single controls. Whether the whole is met is for an auditor "
    "or an authority to say.",
)

_ASKING: Final = Asking(
    heading="What is needed, and from whom",
    lead="One line for each number that is missing or did not reach what is asked. Please name the person who answers.",
    to_decide="{metric}: {value}; asked is {threshold}. Decide how to reach it, or why not.",
    to_enter="Not entered for this period: {metrics}. Please enter it with its proof.",
    to_repair="{metric}: {value}; asked is {threshold}. The SOC names cause and remedy.",
    to_bring="Without data: {metrics}. The SOC says which source is missing.",
    who="From",
    what="What",
    controls="Controls",
    answer="Person and date",
    answer_slot="to be named",
)

_AMOUNTS: Final = Amounts(
    decimal=".",
    percent="{n}%",
    days=Plural("{n} day", "{n} days"),
    hours=Plural("{n} hour", "{n} hours"),
    minutes=Plural("{n} minute", "{n} minutes"),
    part="{part} of {whole}",
    at_least="at least {number}",
    at_most="at most {number}",
    sources={"default": "usual number", "contract": "your own number", "standard": "fixed by the standard"},
    fixed_by="fixed by {source}",
    cases="n = {n}",
)

_SECTIONS: Final = Sections(
    glance="All controls at a glance",
    changes="Changes since the period before",
    changes_lead="Compared are {period} and {previous}. A share has changed when chance gives so large a "
    "difference in fewer than one of twenty cases; with fewer than ten cases on either side nothing is said.",
    each="Control by control",
    beyond="What this report cannot show",
    beyond_lead="No record of a security operations centre proves the following. Please keep your own file for it and "
    "name it here.",
    beyond_what="What is left open",
    beyond_file="Your own file, person, date",
    beyond_slot="to be named",
    given="Files that were given with entries",
    given_by="Entered by",
    given_at="On",
    given_file="File",
    definitions="What is counted",
    definitions_lead="Each evidence kind with its definition, and the numbers that stand beside the judged ones.",
    needs="Where the number comes from",
    gaps="Gaps in the data",
    gaps_lead="Where something is missing, a number stands on less than it should. No data is never a good result.",
    no_gaps="No gap is recorded.",
    control="Control",
    words="In our words",
    evidence="Evidence",
    metric="Number",
    value="Value",
    threshold="Asked",
    result="Result",
    before="Before",
    now="Now",
    change="Change",
    exceptions=Plural("One exception", "{n} exceptions"),
    more_exceptions=Plural("one more in the attached data", "{n} more in the attached data"),
    sample="Sample of records",
    entered="Entered by {person}, {day}",
    unconfirmed="reference still to be checked in the standard",
    unconfirmed_number="still to be checked in the standard",
    out_of_scope="Left open",
    framework="Framework",
    rules="Version of the definitions",
    attachment="The facts of this report are attached as {name}, all results as {csv}, one line a result.",
    whole_data="Facts of the control evidence report",
    csv="All results as a table",
)

ENGLISH: Final = ControlWords(
    cover=_COVER,
    asking=_ASKING,
    amounts=_AMOUNTS,
    sections=_SECTIONS,
    change={
        "better": "better",
        "worse": "worse",
        "same": "unchanged",
        "noise": "no change beyond chance",
        "too_few": "too few cases (n\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}10)",
        "no_previous": "no number before",
        "lost": "no number now",
    },
)
