"""The facts of the notification draft: the frozen case, the authority's form as it was in force, and who takes it."""

from collections.abc import Iterator
from datetime import date

from reports.breach.agreement import faults_of
from reports.breach.facts import NoticeFacts
from reports.breach.reading import field_of
from reports.facts import Facts
from watchfloor.breach.rules.forms import Need
from watchfloor.kernel.errors import Invalid


class Question(Facts, frozen=True, kw_only=True):
    """A row of the form. With `asked` the form cannot go without it in this case; with `any`, one path is enough."""

    label: str
    paths: tuple[str, ...]
    need: Need
    any: bool = False
    asked: bool
    note: str | None = None


class Section(Facts, frozen=True):
    """A part of the form under the title that it has there."""

    title: str
    questions: tuple[Question, ...]


class FormFacts(Facts, frozen=True, kw_only=True):
    """The form, in its own order. `language` is the one in which the copy sheet is written."""

    id: str
    title: str
    authority: str
    source: str
    mark: str
    languages: tuple[str, ...]
    language: str
    channel: str | None = None
    note: str | None = None
    sections: tuple[Section, ...]


class AuthorityFacts(Facts, frozen=True):
    """Who takes the notification. `verified_at` is when a person last looked; until then it is unconfirmed."""

    code: str
    name: str
    site: str
    languages: tuple[str, ...]
    channel: str
    mark: str
    verified_at: date | None = None
    address: str | None = None
    email: str | None = None


class BreachNotificationReport(NoticeFacts, frozen=True, kw_only=True, tag_field="report", tag="breach_notification"):
    """All that the draft says."""

    form: FormFacts
    authority: AuthorityFacts | None = None


def check(report: BreachNotificationReport) -> None:
    """Raises Invalid, naming every fault, if the draft's facts disagree."""
    faults = [*faults_of(report), *_unknown(report)]
    if faults:
        raise Invalid("The draft's facts disagree: " + "; ".join(faults) + ".", where="report")


def _unknown(report: BreachNotificationReport) -> Iterator[str]:
    asked = {path for section in report.form.sections for question in section.questions for path in question.paths}
    for path in sorted(asked):
        if field_of(path) is None:
            yield f"the form asks for {path}, which is no field of a case"
    for lack in report.missing:
        if lack.path not in asked:
            yield f"{lack.path} is said to be missing, and the form does not ask for it"
