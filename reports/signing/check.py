"""Checks a report's file: who signed it and when, whether it was changed since, and whether its data is its data.

Needs the file alone and asks no network. What it reads was made by whoever handed the file in: it is parsed, counted
and compared, never run, and every text that it finds is for the caller to neutralise.
"""

# The libraries for signatures are typed in part; what they give is typed at our border.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import hashlib
import logging
import re
import struct
import zlib
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Final, Literal, cast

import msgspec
from asn1crypto import parser, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from reports.signing.signer import KEY_USAGES
from watchfloor.kernel.errors import Invalid, TooLarge

# What it finds is said by us; the library would say it once more, with a stack trace.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

LARGEST_FILE: Final = 64 * 1024 * 1024

Change = Literal["none", "form", "other"]
"""What was added behind a signature: nothing, no more than the signature lets be added, or something else."""

_PROPERTY: Final = re.compile(rb"""\bwf:(reportId|dataSha256)(?:>|=["'])([A-Za-z0-9_]{1,80})(?:</wf:|["'])""")
"""A property of ours in the metadata: as an element when it was printed, as an attribute after signing."""

_UNREADABLE: Final = (
    PdfError,
    SigningError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    OSError,
    zlib.error,
    struct.error,
)
"""What the parsers raise over bytes that are no PDF."""
_GOOD: Final = frozenset({ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING})


class SignatureFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One signature. `stamped_at` is the time of a time stamp, `claimed_at` the signer's own word."""

    signer: str
    issuer: str
    fingerprint: str
    claimed_at: datetime | None
    stamped_at: datetime | None
    is_intact: bool
    is_trusted: bool
    change: Change

    @property
    def is_good(self) -> bool:
        """Whether it holds and nothing was changed since that it does not let be changed."""
        return self.is_intact and self.change != "other"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is found to be.

    `data_matches` is None where it names no report of ours or holds no data. `is_whole`: some signature or time stamp
    covers the file to its last byte.
    """

    report_id: str | None
    signatures: tuple[SignatureFinding, ...]
    data_matches: bool | None
    time_stamps: int
    is_whole: bool

    @property
    def is_sound(self) -> bool:
        """Whether it is signed, unchanged since, and holds the data that it says it holds."""
        good = bool(self.signatures) and all(signature.is_good for signature in self.signatures)
        return good and self.is_whole and self.data_matches is True


async def check(pdf: bytes, *, trusted: Sequence[x509.Certificate]) -> Finding:
    """What can be said of `pdf`. `trusted` are the certificates whose signatures count as known.

    Raises Invalid when it is no PDF that can be read, TooLarge when it is larger than any report.
    """
    if len(pdf) > LARGEST_FILE:
        raise TooLarge(f"The file is over {LARGEST_FILE:,} bytes; no report is.", where="file")
    try:
        reader = PdfFileReader(BytesIO(pdf))
        found = _properties(PdfFileReader(BytesIO(pdf)))  # of its own: reading metadata spoils a reader for the rest
        signatures = [await _judge(signature, trusted) for signature in reader.embedded_regular_signatures]
        return Finding(
            report_id=found.get("reportId"),
            signatures=tuple(signatures),
            data_matches=_matches(reader, found.get("dataSha256")),
            time_stamps=len(reader.embedded_timestamp_signatures),
            is_whole=_covers(reader.embedded_signatures, len(pdf)),
        )
    except _UNREADABLE:
        raise Invalid("This is no PDF that can be read, or it is damaged.", where="file") from None


def _covers(signatures: Sequence[EmbeddedPdfSignature], length: int) -> bool:
    """Whether no byte is left over: none behind the last signature, and none in the room that signatures leave."""
    ends = any(_end(signature) == length for signature in signatures)
    return ends and not any(_leftover(signature.pkcs7_content) for signature in signatures)


def _leftover(content: bytes) -> bool:
    """Whether something stands behind a signature in the room that was kept for it: nobody signs that."""
    return any(content[parser.peek(content) :])


def _end(signature: EmbeddedPdfSignature) -> int:
    """The place behind the last byte that the signature covers."""
    _, _, start, length = cast("Sequence[int]", signature.byte_range)
    return start + length


async def _judge(signature: EmbeddedPdfSignature, trusted: Sequence[x509.Certificate]) -> SignatureFinding:
    context = ValidationContext(trust_roots=list(trusted), allow_fetching=False)
    usage = KeyUsageConstraints(key_usage=set(KEY_USAGES), match_all_key_usages=False)
    certificate = signature.signer_cert
    try:
        status = await async_validate_pdf_signature(
            signature, signer_validation_context=context, key_usage_settings=usage
        )
    except SignatureValidationError:
        return _finding(certificate, None)
    return _finding(certificate, status)


def _finding(certificate: x509.Certificate, status: PdfSignatureStatus | None) -> SignatureFinding:
    stamp = None if status is None else status.timestamp_validity
    good_stamp = stamp is not None and stamp.valid and stamp.intact
    return SignatureFinding(
        signer=str(certificate.subject.human_friendly),
        issuer=str(certificate.issuer.human_friendly),
        fingerprint=certificate.sha256.hex(),
        claimed_at=None if status is None else status.signer_reported_dt,
        stamped_at=stamp.timestamp if stamp is not None and good_stamp else None,
        is_intact=status is not None and status.intact and status.valid,
        is_trusted=status is not None and status.trusted,
        change="other" if status is None else _change(status),
    )


def _change(status: PdfSignatureStatus) -> Change:
    level = status.modification_level
    if not status.docmdp_ok or level not in _GOOD:
        return "other"
    return "none" if level == ModificationLevel.NONE else "form"


def _properties(reader: PdfFileReader) -> dict[str, str]:
    """What the file's metadata says of the report."""
    if "/Metadata" not in reader.root:
        return {}
    stream = cast("generic.StreamObject", reader.root["/Metadata"])
    return {name.decode(): value.decode() for name, value in _PROPERTY.findall(stream.data)}


def _matches(reader: PdfFileReader, digest: str | None) -> bool | None:
    """Whether the attachment that is the data has the hash that the metadata names."""
    if digest is None:
        return None
    files = cast("generic.ArrayObject", reader.root["/AF"]) if "/AF" in reader.root else ()
    for item in files:
        described = cast("generic.DictionaryObject", item.get_object())
        if described.get("/AFRelationship") == "/Data":
            content = cast("generic.StreamObject", cast("generic.DictionaryObject", described["/EF"])["/F"])
            return hashlib.sha256(content.data).hexdigest() == digest
    return None
