"""The form of a stage as facts: its rows under their numbers, and which of them this report cannot go without."""

import re
from typing import Final

from reports.breach.staged.facts import Asked, Part, StageForm
from watchfloor.breach.case import BreachCase
from watchfloor.breach.missing import Phase, is_asked
from watchfloor.breach.rules.forms import Form

_NUMBERED: Final = re.compile(r"([0-9]{1,2}\.[0-9]{1,2}(?:-[0-9]{1,2}\.[0-9]{1,2}|-[0-9]{1,2})?) ")


def stage_form(case: BreachCase, form: Form, *, phase: Phase) -> StageForm:
    """The form as this case is asked by it. A row without a number of the law's has that of its place."""
    return StageForm(
        id=form.id,
        stage=form.stage or "",
        source=form.source,
        mark=form.mark,
        parts=tuple(
            Part(
                title=section.title,
                rows=tuple(
                    Asked(
                        number=_number(row.label) or f"{place}.{position}",
                        paths=row.paths,
                        any=row.any,
                        needed=phase != "withdrawal" and is_asked(case, row, phase=phase, late=False),
                    )
                    for position, row in enumerate(section.rows, start=1)
                ),
            )
            for place, section in enumerate(form.sections, start=1)
        ),
    )


def _number(label: str) -> str | None:
    found = _NUMBERED.match(label)
    return None if found is None else found[1]
