"""`Secret`: text that no sink may show (S2).

Owns the one opaque type for passwords, tokens and keys in text form. Every way by which Python or a
library turns an object into text gives `***`, and every way of serialising one is refused, so that a
secret reaches a log, a trace, a dump or an answer only where somebody wrote `.reveal()`.
It never stores, encrypts or generates secrets: `keys.py`, `crypto.py` and `credentials.py` do.
"""

from typing import Final, NoReturn, Self, final

from watchfloor.kernel.crypto import equal
from watchfloor.kernel.errors import Invalid

MASK: Final = "***"


@final
class Secret:
    """A text that must not be shown. Equality takes the same time wherever two secrets differ.

    A secret is not hashable, cannot be changed, and has neither length nor truth value to be probed.
    """

    __slots__ = ("_text",)
    __hash__ = None  # type: ignore[assignment]  # a hash would be a fast, unkeyed fingerprint of the secret
    _text: str

    def __init__(self, text: str) -> None:
        """Hide `text`. Raises Invalid if it is empty: an empty secret is a missing one."""
        if not text:
            raise Invalid("A secret may not be empty.")
        object.__setattr__(self, "_text", text)

    def reveal(self) -> str:
        """The hidden text, for the library call that needs it and nothing else."""
        return self._text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return equal(self._text.encode("utf-8", "surrogatepass"), other._text.encode("utf-8", "surrogatepass"))

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError("a secret cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise TypeError("a secret cannot be changed")

    def __bool__(self) -> NoReturn:
        raise TypeError("a secret has no truth value; compare with None instead")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret cannot be serialised")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be serialised")


def encode_masked(value: object) -> str:
    """Hook for `msgspec` encoders (`enc_hook`): a secret becomes `***`; anything else stays unsupported."""
    if isinstance(value, Secret):
        return MASK
    raise NotImplementedError(f"objects of type {type(value).__qualname__} cannot be encoded")


def decode_secret(kind: type, value: object) -> object:
    """Hook for `msgspec` decoders (`dec_hook`): text becomes a `Secret` where a field asks for one.

    Raises Invalid where the field asks for a secret and the value is not text.
    """
    if kind is not Secret:
        raise NotImplementedError(f"fields of type {kind.__qualname__} cannot be decoded")
    if not isinstance(value, str):
        raise Invalid("A secret must be given as text.")
    return Secret(value)
