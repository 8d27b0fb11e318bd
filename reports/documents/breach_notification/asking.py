"""Which form a notification is drawn by, and who takes it, as facts: chosen from the rules when the draft is collected.

Owns the choice of the copy sheet's language: the form's own where we speak it, else the one that the draft is asked in.
"""

from collections.abc import Iterable
from datetime import date

from reports.documents.breach_notification.facts import AuthorityFacts, FormFacts, Question, Section
from reports.language.locale import LANGUAGES
from watchfloor.breach.case import BreachCase
from watchfloor.breach.missing import Phase, is_asked
from watchfloor.breach.rules.authority import Authority, find_authorities
from watchfloor.breach.rules.forms import ANY_AUTHORITY, Form


def form_of(case: BreachCase, form: Form, *, language: str, phase: Phase, late: bool) -> FormFacts:
    """The form as this case is asked by it."""
    spoken = [name for name in form.languages if name in LANGUAGES]
    return FormFacts(
        id=form.id,
        title=form.title,
        authority=form.authority or ANY_AUTHORITY,
        source=form.source,
        mark=form.mark,
        languages=form.languages,
        language=language if language in spoken or not spoken else spoken[0],
        channel=form.channel,
        note=form.note,
        sections=tuple(
            Section(
                title=section.title,
                questions=tuple(
                    Question(
                        label=row.label,
                        paths=row.paths,
                        need=row.need,
                        any=row.any,
                        asked=is_asked(case, row, phase=phase, late=late),
                        note=row.note,
                    )
                    for row in section.rows
                ),
            )
            for section in form.sections
        ),
    )


def authority_of(rows: Iterable[Authority], code: str, day: date) -> AuthorityFacts | None:
    """Who takes the notification: the authority of that code, or the national one of its country; None without any."""
    found = find_authorities(rows, code, day) or find_authorities(rows, code.partition("-")[0], day)
    if not found:
        return None
    row = found[0]
    return AuthorityFacts(
        code=row.code,
        name=row.name,
        site=row.site,
        languages=row.languages,
        channel=row.channel,
        mark=row.mark,
        verified_at=row.verified_at,
        address=row.address,
        email=row.email,
    )
