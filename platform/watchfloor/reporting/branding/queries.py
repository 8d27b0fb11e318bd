"""SQL of brands."""

from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx

SELECT_BRANDING: Final[LiteralString] = """
select headings,
       lines,
       logo,
       details
  from wf.brandings
 where tenant_id = $1
"""

UPSERT_BRANDING: Final[LiteralString] = """
insert into wf.brandings (tenant_id, headings, lines, logo, logo_sha256, details)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id) do update
   set headings = excluded.headings,
       lines = excluded.lines,
       logo = excluded.logo,
       logo_sha256 = excluded.logo_sha256,
       details = excluded.details,
       applied_at = now()
"""

DELETE_BRANDING: Final[LiteralString] = """
delete from wf.brandings
 where tenant_id = $1
"""

SELECT_OPERATOR: Final[LiteralString] = """
select id
  from auth.tenants
 where kind = 'operator'
"""


class BrandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A brand as it is kept; `logo` and `details` are sealed."""

    headings: str | None
    lines: str | None
    logo: bytes | None
    details: bytes


async def select_branding(tx: TenantTx) -> BrandingRow | None:
    """The tenant's brand."""
    return await tx.row(BrandingRow, SELECT_BRANDING, tx.tenant_id)


async def upsert_branding(tx: TenantTx, row: BrandingRow, *, logo_sha256: bytes | None) -> None:
    """Sets the tenant's brand."""
    await tx.execute(UPSERT_BRANDING, tx.tenant_id, row.headings, row.lines, row.logo, logo_sha256, row.details)


async def delete_branding(tx: TenantTx) -> None:
    """Takes the tenant's brand away."""
    await tx.execute(DELETE_BRANDING, tx.tenant_id)


async def select_operator(tx: DirectoryTx) -> UUID | None:
    """The operator's tenant, as wf_auth."""
    return await tx.value(UUID, SELECT_OPERATOR)
