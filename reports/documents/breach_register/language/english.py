"""The register's extract in English."""

from typing import Final

from reports.documents.breach_register.language.phrases import RegisterWords
from reports.language.phrases import Plural

ENGLISH: Final = RegisterWords(
    kind="Register of personal data breaches",
    law="Art. 33(5) GDPR",
    period="{first} to {last}",
    cases=Plural("{n} case", "{n} cases"),
    counts={
        "cases": "cases",
        "breach": "breaches",
        "not_breach": "no breach",
        "undecided": "undecided",
        "authority": "authority decided: notify",
        "sent": "authority notified",
        "subjects": "data subjects informed",
    },
    open="What is still open, and by when",
    nothing_open="Nothing is open in these cases.",
    by="{what}: by {due}",
    at_once="{what}: without undue delay",
    overview="All cases of the period",
    empty="No case was opened in this period.",
    opened="Case opened",
    dates="When",
    nature="What happened",
    data="Data",
    persons="Persons",
    effects="Effects",
    remedy="Remedial action",
    risk="Risk and why",
    authority="Authority (Art. 33)",
    subjects="Data subjects (Art. 34)",
    filings="Notices sent",
    no_filing="No notice was sent.",
    received="received {time}, reference {reference}",
    no_receipt="no receipt yet",
    delay="Reasons for a delay",
    lessons="Lessons",
    approved="Approved by",
    told="informed {time}",
    data_name="Register as data",
    csv="Register as a table",
    attachment="The facts are attached as {name}, the register as {csv}, one line a case.",
)
