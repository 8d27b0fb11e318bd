"""Signs a finished report: PAdES (ETSI EN 319 142-1), as an update behind the bytes of the unsigned file.

Owns the levels and what each needs. The signature certifies the file: afterwards only forms may be filled in, which
is how the customer countersigns. It runs outside the sandbox, because the key must never be in it.
"""

# The libraries for signatures are typed in part; what they give is typed at our border.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final, cast

import msgspec
from asn1crypto import crl, keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from reports.sheet import Printed
from reports.signing.identity import Identity, open_identity
from reports.signing.stamp import FIELD, Stamp, add_field, style_of, values_of
from reports.signing.timestamps import TimeService
from watchfloor.kernel.config import Settings, SignatureLevel
from watchfloor.kernel.errors import Invalid, Unavailable

KEY_USAGES: Final = frozenset({"digital_signature", "non_repudiation"})
_HASH: Final = "sha256"
_LARGEST_LIST: Final = 8_000_000
_BEFORE_THE_STAMP: Final = DSSContentSettings(
    include_vri=False, next_ts_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
)
"""What a check needs is put in before the last time stamp, so that this covers the file to its last byte."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A signed file, and the hash that it had before."""

    pdf: bytes
    unsigned_sha256: bytes

    @property
    def sha256(self) -> bytes:
        """The hash of the signed file."""
        return hashlib.sha256(self.pdf).digest()


class Signing:
    """The signatures of one installation, by its settings."""

    def __init__(self, settings: Settings) -> None:
        """Raises Invalid when the settings ask for a level without what it needs."""
        self._settings = settings
        self._level: SignatureLevel = settings.report_signature
        url = settings.report_timestamp_url
        if self._level != "b-b" and url is None:
            raise Invalid(
                f"Signatures of level {self._level} need a time-stamp service.",
                where="WATCHFLOOR_REPORT_TIMESTAMP_URL",
            )
        if self._level == "b-lta" and settings.report_trust_file is None:
            raise Invalid(
                "Signatures of level b-lta need the authorities of their time stamps.",
                where="WATCHFLOOR_REPORT_TRUST_FILE",
            )
        self._service = TimeService(url) if url is not None and self._level != "b-b" else None

    async def sign(self, printed: Printed, stamp: Stamp, *, at: datetime) -> Signed:
        """The file with its signature, which shows `stamp` where the page has room for it.

        Raises Unavailable when the key, the time-stamp service or the revocation lists cannot be had, which an
        operator can mend; the report is as it was.
        """
        if printed.seal is None:
            raise Invalid("The page leaves no room for a signature.", where="report")
        try:
            identity = await open_identity(self._settings, now=at)
            # In a loop of its own: signing computes for half a second, and other jobs are not to wait for it.
            pdf = await asyncio.to_thread(asyncio.run, self._sign(printed, stamp, identity, at.astimezone(UTC)))
        except Invalid as fault:
            raise Unavailable(f"The report cannot be signed: {fault.message}", where=fault.where) from fault
        except (SigningError, TimestampRequestError, PathBuildingError, PathValidationError) as fault:
            raise Unavailable(f"The report cannot be signed: {fault}.", where="report_signature") from fault
        return Signed(pdf=pdf, unsigned_sha256=printed.sha256)

    async def _sign(self, printed: Printed, stamp: Stamp, identity: Identity, at: datetime) -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(printed.pdf))
        if printed.seal is not None:
            add_field(writer, printed.seal, stamp)
        signer = PdfSigner(
            self._terms(identity, at),
            signer=_signer(identity),
            timestamper=self._service,
            stamp_style=style_of(stamp),
        )
        output = BytesIO()
        await signer.async_sign_pdf(writer, output=output, appearance_text_params=values_of(stamp))
        return output.getvalue()

    def _terms(self, identity: Identity, at: datetime) -> PdfSignatureMetadata:
        is_lasting = self._level == "b-lta"
        return PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm=_HASH,
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.FILL_FORMS,
            signer_key_usage=set(KEY_USAGES),
            embed_validation_info=is_lasting,
            use_pades_lta=is_lasting,
            dss_settings=_BEFORE_THE_STAMP,
            validation_context=self._trust(identity, at) if is_lasting else None,
        )

    def _trust(self, identity: Identity, at: datetime) -> ValidationContext:
        """What a long-lived signature is checked against, and takes along: authorities and revocation lists."""
        roots = trusted(self._settings)
        if self._settings.report_signing_file is None:
            roots.append(x509.Certificate.load(identity.certificate))
        return ValidationContext(
            trust_roots=roots,
            other_certs=[x509.Certificate.load(extra) for extra in identity.chain],
            crls=_revoked(self._settings.report_crl_dir),
            moment=at,
            allow_fetching=False,
            revocation_mode="hard-fail",
        )


def trusted(settings: Settings) -> list[x509.Certificate]:
    """The authorities that the settings name. Raises Invalid when their file cannot be read."""
    path = settings.report_trust_file
    if path is None:
        return []
    return [x509.Certificate.load(der) for der in _blocks(path)]


def _signer(identity: Identity) -> SimpleSigner:
    store = SimpleCertificateStore()
    store.register_multiple([x509.Certificate.load(extra) for extra in identity.chain])
    return SimpleSigner(
        signing_cert=x509.Certificate.load(identity.certificate),
        signing_key=keys.PrivateKeyInfo.load(identity.key),
        cert_registry=store,
    )


def _revoked(directory: Path | None) -> list[crl.CertificateList]:
    if directory is None:
        return []
    return [crl.CertificateList.load(der) for path in sorted(directory.glob("*.crl")) for der in _blocks(path)]


def _blocks(path: Path) -> list[bytes]:
    """The DER objects in a file: one as it is, or any number as PEM."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_LIST)
        if not pem.detect(content):
            return [content]
        blocks = cast("Iterable[tuple[str, object, bytes]]", pem.unarmor(content, multiple=True))
        return [der for _, _, der in blocks]
    except (OSError, ValueError) as fault:
        raise Invalid(f"The file cannot be read: {fault}.", where=str(path)) from None
