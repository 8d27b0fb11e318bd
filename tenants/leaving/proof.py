"""The proof that a tenant was offboarded: what was there, what was removed, and when, signed.

A proof is made of the notes of the steps, so making it again gives the same bytes. It names the tenant by its slug,
code and id, and nobody else. `sha256` of its body stands in the operator's audit chain.
"""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from tenants.queries import StepRow, TenantRow
from watchfloor.audit.heads import open_signer
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.keyfile import replace_private
from watchfloor.kernel.keys import FileSigner, verify_signature

FORMAT: Final = "watchfloor-offboarding/1"
DIRECTORY: Final = "offboarded"

_PURPOSE: Final = b"watchfloor/offboarding/1"


class ProvenStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step: when it was done and what it found or removed."""

    step: str
    done_at: datetime
    outcome: msgspec.Raw


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed."""

    format: str
    tenant: str
    slug: str
    code: str
    steps: list[ProvenStep]


class SignedProof(msgspec.Struct, frozen=True, kw_only=True):
    """The file: the proof's own bytes, who signed them, and the signature in hexadecimal."""

    proof: msgspec.Raw
    key_id: str
    signature: str


def proof_path(settings: Settings, tenant: TenantRow) -> Path:
    """Where a tenant's proof lies: beside the copied audit heads, which stay as well."""
    return settings.audit_dir / DIRECTORY / f"{tenant.slug}-{tenant.id}.json"


async def write_proof(settings: Settings, tenant: TenantRow, steps: list[StepRow]) -> bytes:
    """Writes the proof of these steps and returns the SHA-256 of what is signed."""
    signer = await asyncio.to_thread(open_signer, settings)
    body = msgspec.json.encode(
        Proof(
            format=FORMAT,
            tenant=ids.show("ten", tenant.id),
            slug=tenant.slug,
            code=tenant.code,
            steps=[
                ProvenStep(step=row.step, done_at=row.done_at, outcome=msgspec.Raw(row.outcome.encode()))
                for row in steps
            ],
        )
    )
    await asyncio.to_thread(replace_private, proof_path(settings, tenant), _signed(body, signer))
    return hashlib.sha256(body).digest()


def read_proof(path: Path, trusted: dict[str, bytes]) -> Proof:
    """A proof whose signature holds. `trusted` holds public keys by key id. Raises Invalid for any other file."""
    try:
        signed = msgspec.json.decode(path.read_bytes(), type=SignedProof)
        proof = msgspec.json.decode(signed.proof, type=Proof)
        signature = bytes.fromhex(signed.signature)
    except (OSError, msgspec.DecodeError, ValueError):
        raise Invalid("This is not a proof of an offboarding.", where=str(path)) from None
    key = trusted.get(signed.key_id)
    if key is None or not verify_signature(key, _PURPOSE + bytes(signed.proof), signature):
        raise Invalid("The proof is not signed by a key of ours, or was changed.", where=str(path))
    return proof


def _signed(body: bytes, signer: FileSigner) -> bytes:
    signature = signer.sign(_PURPOSE + body).hex()
    return msgspec.json.encode(SignedProof(proof=msgspec.Raw(body), key_id=signer.key_id, signature=signature)) + b"\n"
