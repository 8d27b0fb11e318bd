"""`watchfloor report`: checking a report that somebody hands in. Mails about reports are the business of `mails`.

Owns what the check prints and its exit codes: 0 as it was made here, 1 it could not be checked, 2 wrong usage,
3 not signed, changed, or with other data than it says, 4 sound, but signed by an unknown one or not made here.
"""

# The libraries for signatures are typed in part; what they give is typed at our border.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from asn1crypto import x509

from reports.mails import mails, tell_of
from reports.signing.check import LARGEST_FILE, Finding, SignatureFinding, check
from reports.signing.identity import own_certificate
from reports.signing.ledger import find_tenant
from reports.signing.signer import trusted
from watchfloor.kernel.characters import visible
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.vault import ROOT_KEY_FILE

BROKEN: Final = 3
UNKNOWN: Final = 4


@click.group()
def report() -> None:
    """Check reports, and see who was told of them."""


@report.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--offline", is_flag=True, help="Leave the audit log alone: only the file itself is checked.")
@click.pass_context
def verify(context: click.Context, *, file: Path, offline: bool) -> None:
    """Say who signed FILE and when, whether it was changed since, and whether it was made here.

    Ends with 0 when all is as it was made, 3 when it is not signed or was changed, 4 when it is sound but its signer
    or the file itself is unknown here.
    """
    code, lines = asyncio.run(_verify(load_settings(), file, asks_audit_log=not offline))
    for line in lines:
        click.echo(visible(line, newline=" "))
    context.exit(code)


report.add_command(mails)
report.add_command(tell_of)


async def _verify(settings: Settings, file: Path, *, asks_audit_log: bool) -> tuple[int, list[str]]:
    if not asks_audit_log or not _has_audit_log(settings):
        return await verify_file(settings, file, asks_audit_log=asks_audit_log)
    async with storage(settings, tell=tell):
        return await verify_file(settings, file, asks_audit_log=True)


async def verify_file(settings: Settings, file: Path, *, asks_audit_log: bool) -> tuple[int, list[str]]:
    """The exit code for a file, and what is to be said of it, which may hold texts from the file.

    The database must answer when the audit log is asked. Raises Invalid when the file cannot be read.
    """
    pdf = await asyncio.to_thread(_read, file)
    own = own_certificate(settings)
    known = trusted(settings) + ([] if own is None else [x509.Certificate.load(own)])
    finding = await check(pdf, trusted=known)
    lines = describe(finding)
    made_here = True
    if asks_audit_log and finding.report_id is not None:
        made_here, line = await _look_up(settings, finding.report_id, pdf)
        lines.append(line)
    if not finding.is_sound:
        return BROKEN, [*lines, "RESULT: do not rely on this file."]
    if not made_here or not any(signature.is_trusted for signature in finding.signatures):
        return UNKNOWN, [*lines, "RESULT: sound in itself, but not known here."]
    asked = "as it was made." if asks_audit_log else "sound; the audit log was not asked."
    return 0, [*lines, f"RESULT: {asked}"]


def describe(finding: Finding) -> list[str]:
    """A finding as lines for a person; texts in it come from the file."""
    lines = [f"report: {finding.report_id or 'the file names none'}"]
    for signature in finding.signatures:
        lines += _signature_lines(signature)
    if not finding.signatures:
        lines.append("signature: NONE")
    data = {True: "as the file says", False: "OTHER THAN THE FILE SAYS", None: "none to compare"}
    if finding.signatures and not finding.is_whole:
        lines.append("something was ADDED behind the last signature")
    lines.append(f"attached data: {data[finding.data_matches]}")
    if finding.time_stamps:
        lines.append(f"time stamps over the whole file: {finding.time_stamps}")
    return lines


def _signature_lines(signature: SignatureFinding) -> list[str]:
    changes = {"none": "no", "form": "only what the signature allows", "other": "YES"}
    at = signature.stamped_at or signature.claimed_at
    word = "by its time stamp" if signature.stamped_at else "by the signer's own clock"
    return [
        f"signature: {'holds' if signature.is_intact else 'DOES NOT HOLD'}",
        f"  by: {signature.signer} ({'known' if signature.is_trusted else 'unknown'} here)",
        f"  issued by: {signature.issuer}",
        f"  certificate: SHA-256 {signature.fingerprint}",
        f"  at: {_moment(at)} {word}" if at is not None else "  at: not said",
        f"  changed since: {changes[signature.change]}",
    ]


async def _look_up(settings: Settings, report_id: str, pdf: bytes) -> tuple[bool, str]:
    """Whether the audit log knows the file, and a line that says so."""
    if not _has_audit_log(settings):
        return False, "audit log: there is none here"
    slug = await find_tenant(settings, report_id=report_id, pdf=pdf)
    found = "this file is NOT in it" if slug is None else f"this file is in that of {slug}"
    return slug is not None, f"audit log: {found}"


def _has_audit_log(settings: Settings) -> bool:
    """Whether this is an installation, and not just the program on somebody's machine."""
    return settings.database_url is not None or (settings.secrets_dir / ROOT_KEY_FILE).exists()


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except OSError as fault:
        raise Invalid(f"The file cannot be read: {fault.strerror}.", where=visible(str(file), newline=" ")) from None


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
