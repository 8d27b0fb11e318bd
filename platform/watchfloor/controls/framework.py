"""A framework as data: its controls by their own ids, in our words, and which evidence kinds speak to each.

Owns the shape of `content/controls/<framework>.yml`. Copies no text of a standard.
"""

import msgspec

from watchfloor.controls.words import Words


class Number(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that the standard itself fixes for a control: it replaces the default and no tenant may loosen it."""

    evidence: str
    metric: str
    number: float
    """In the metric's unit and direction. A number fixed by a standard may be looser or tighter than our default."""
    source: str
    """Where the standard says it, such as `PCI DSS 4.0.1 10.5.1`."""
    unconfirmed: bool = False
    """Whether the number is still to be checked in the standard. Documents mark it."""


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One control. It has evidence, or `not_in_scope` says why a SOC can prove nothing of it, or both."""

    id: str
    words: Words
    evidence: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    not_in_scope: Words | None = None
    """What of the control these records cannot show: policy text, training, physical matters."""
    unconfirmed: bool = False
    """Whether its id or what it asks is still to be checked in the standard. Documents mark it."""


class Framework(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standard or a law, of one version. `id` is the file's name without its ending."""

    id: str
    title: str
    """As everybody calls it; the same in all languages."""
    version: str
    source: str
    """Who publishes it, and under which address or reference it is read."""
    controls: tuple[Control, ...]

    def find(self, control: str) -> Control | None:
        """The control of that id."""
        return next((row for row in self.controls if row.id == control), None)
