"""`watchfloor tenant branding`: how a tenant's reports look, seen and set without a bundle."""

from pathlib import Path

import click
import msgspec

from tenants.installation import find_tenant
from tenants.terminal import opened_installation, run, say
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import TenantId
from watchfloor.reporting.branding.brand import PLAIN, Brand, parts_of
from watchfloor.reporting.branding.keeping import brand_for, change_brand, read_brand
from watchfloor.reporting.branding.logo import LARGEST_BYTES, bare_logo
from watchfloor.reporting.branding.stated import Stated, brand_of


@click.group()
def branding() -> None:
    """See and set how a tenant's reports look."""


@branding.command("show")
@click.argument("slug")
def show_branding(*, slug: str) -> None:
    """Show what the tenant SLUG has set itself, and what its reports get."""
    run(_show(slug))


@branding.command("set")
@click.argument("slug")
@click.option("--logo", type=click.Path(path_type=Path, dir_okay=False), help="A PNG or JPEG file.")
@click.option("--headings", metavar="COLOUR", help="The colour of headings, such as #0b4f6c.")
@click.option("--lines", metavar="COLOUR", help="The colour of lines.")
@click.option("--sender", "sender_name", metavar="NAME", help="Who hands reports over.")
@click.option("--address", "sender_address", metavar="EMAIL", help="Whose the mails about them are.")
@click.option("--contact", metavar="TEXT", help="Where questions go, in one line.")
@click.option("--clear", is_flag=True, help="Take away first what was set before.")
def set_branding(*, slug: str, logo: Path | None, clear: bool, **stated: str | None) -> None:
    """Set how reports of the tenant SLUG look. What is not named stays as it is."""
    run(_set(slug, logo=logo, clear=clear, stated=stated))


async def _show(slug: str) -> None:
    async with opened_installation() as installation:
        tenant_id = TenantId((await find_tenant(installation, slug)).id)
        async with tenant_tx(installation.app, tenant_id) as tx:
            own = await read_brand(tx, await installation.keyring.cipher(tx))
            shown = await brand_for(tx, installation.keyring, directory=installation.auth, records=installation.app)
    _list("own", own)
    _list("in reports", shown)


async def _set(slug: str, *, logo: Path | None, clear: bool, stated: dict[str, str | None]) -> None:
    image = None if logo is None else bare_logo(_content(logo))
    given = {name: text for name, text in stated.items() if text is not None}
    async with opened_installation() as installation:
        tenant_id = TenantId((await find_tenant(installation, slug)).id)
        async with tenant_tx(installation.app, tenant_id) as tx:
            cipher = await installation.keyring.cipher(tx)
            before = PLAIN if clear else await read_brand(tx, cipher)
            wanted = msgspec.structs.replace(msgspec.convert(before, Stated, from_attributes=True), **given)
            brand = brand_of(wanted, logo=image or before.logo)
            is_changed = await change_brand(tx, cipher, installation.actor, brand)
    if not is_changed:
        say("nothing to change")
    _list("own", brand)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise NotFound("There is no such file.", where=str(path)) from None
    except OSError as error:
        raise Invalid(f"The logo cannot be read: {error.strerror}.", where=str(path)) from None


def _list(whose: str, brand: Brand) -> None:
    parts = parts_of(brand)
    say(f"{whose}:" if parts else f"{whose}: nothing set")
    for part, text in parts.items():
        say(f"  {part}: {text}")
