"""The form of a duty that is the MSSP's own: the same questions, answered for the MSSP and not for its customer.

Owns which field takes which field's place. Without it the MSSP would report a customer's name as its own.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from watchfloor.breach.rules.forms import Form

OWN_REGIME: Final = "nis2-mssp"
"""NIS2 for the MSSP as an entity (Implementing Regulation (EU) 2024/2690 Art. 10)."""

_INSTEAD: Final[Mapping[str, tuple[str, ...]]] = {
    "parties.controller.name": ("parties.processor.name",),
    "parties.controller.dpo": ("parties.processor.contact",),
    "parties.controller.contact": ("parties.processor.contact",),
    "moments.entity_aware": ("moments.provider_aware",),
}


def form_of_duty(form: Form, regime: str) -> Form:
    """The form as the duty's own party answers it; the same form for any duty that is not the MSSP's."""
    if regime != OWN_REGIME:
        return form
    replace = msgspec.structs.replace
    return replace(
        form,
        sections=tuple(
            replace(section, rows=tuple(replace(row, paths=_paths(row.paths)) for row in section.rows))
            for section in form.sections
        ),
    )


def _paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new for path in paths for new in _INSTEAD.get(path, (path,))))
