"""What each document must say, row by row and in the order of the authority's own form, as data.

Owns the shape of a form and the choice of one. A row names fields of the case by their paths; whether there are such
fields is checked where they are used (`breach.missing`). Labels are our own short words and not a form's text.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.breach.rules.regime import Dated, in_force
from watchfloor.breach.rules.soundness import faults_of_rows
from watchfloor.detect.yaml_struct import placed, read_structs
from watchfloor.kernel.errors import Invalid, NotFound

FILES: Final = ("authority_forms.yml", "breach_documents.yml")

DocumentKind: TypeAlias = Literal["breach_notice", "breach_notification", "subject_letter", "nis2", "dora"]

Need: TypeAlias = Literal["must", "later", "may"]
"""`must`: asked for in the first notice. `later`: in the last one at the latest. `may`: where there is something."""

When: TypeAlias = Literal[
    "late", "cyber", "cross_border", "told", "not_told", "follow_up", "third_party", "not_only_employees", "telling"
]
"""A row that is asked for in some cases only: a late notice, a cyber incident, persons told or not told, and so on."""

ANY_AUTHORITY: Final = "EU"


class FormRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question. With `any`, one of the paths is enough."""

    label: str
    paths: tuple[str, ...]
    need: Need = "may"
    when: When | None = None
    any: bool = False
    note: str | None = None
    """How the form wants it, where that is not plain."""


class FormSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a form, under the number or name that it has there."""

    title: str
    rows: tuple[FormRow, ...]


class Form(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document's questions in their order.

    `authority` is a code of `authorities.yml` and stands for notifications only; `EU` is the general one. `stage` is
    a stage of the regime, for documents that have stages.
    """

    kind: DocumentKind
    title: str
    authority: str | None = None
    stage: str | None = None
    languages: tuple[str, ...] = ()
    """What the form is in, the usual one first: ISO 639-1."""
    channel: str | None = None
    note: str | None = None
    sections: tuple[FormSection, ...]

    @property
    def rows(self) -> tuple[FormRow, ...]:
        """All questions, in order."""
        return tuple(row for section in self.sections for row in section.rows)


@lru_cache(maxsize=1)
def shipped_forms() -> tuple[Form, ...]:
    """The forms that came with this version. Raises Invalid with every fault."""
    return read_forms(resources.files("watchfloor.content"))


def read_forms(folder: Traversable) -> tuple[Form, ...]:
    """The forms in a folder. Raises Invalid with every fault that was found, one a line."""
    faults: list[str] = []
    forms: list[Form] = []
    for name in FILES:
        documents = read_structs(folder.joinpath(name).read_bytes(), Form, name=name)
        groups: dict[object, list[int]] = {}
        for number, (document, form) in enumerate(documents):
            groups.setdefault((form.kind, form.authority, form.stage), []).append(number)
            if (form.kind == "breach_notification") != (form.authority is not None):
                words = "A notification names its authority, and nothing else does."
                faults.append(placed(document, ("kind",), name=name, words=words))
        for numbers in groups.values():
            for (index, key), words in faults_of_rows([documents[number][1] for number in numbers]):
                faults.append(placed(documents[numbers[index]][0], (key,), name=name, words=words))
        forms += [form for _, form in documents]
    if faults:
        raise Invalid("The forms have faults:\n  - " + "\n  - ".join(faults))
    return tuple(forms)


def find_form(
    forms: Iterable[Form], kind: DocumentKind, *, day: date, authority: str | None = None, stage: str | None = None
) -> Form:
    """The form for a document on a day: an authority's own, its country's, or the general one.

    Raises NotFound where no form has such a kind or stage.
    """
    held = [form for form in in_force(forms, day) if form.kind == kind and form.stage == stage]
    by_authority: Mapping[str | None, Form] = {form.authority: form for form in held}
    for code in _codes(kind, authority):
        if code in by_authority:
            return by_authority[code]
    raise NotFound(f"There is no form of a {kind}{f' at the stage {stage}' if stage else ''}.", where="stage")


def _codes(kind: DocumentKind, authority: str | None) -> tuple[str | None, ...]:
    if kind != "breach_notification":
        return (None,)
    return (ANY_AUTHORITY,) if authority is None else (authority, authority.partition("-")[0], ANY_AUTHORITY)
