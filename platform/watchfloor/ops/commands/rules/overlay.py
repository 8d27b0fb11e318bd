"""`watchfloor rules list|disable|enable|level|except|fill`: what one tenant changes about the shared rules.

The commands only read the command line and print; what they do is in `alerts.overlay`. Who runs them on this machine
reads the installation's secrets anyway; the audit entries say that the operator did it.
"""

import asyncio
import getpass
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import click
import msgspec

from watchfloor.alerts.overlay import commands, listing
from watchfloor.alerts.overlay.commands import NewException, shown
from watchfloor.alerts.overlay.flow.by_hand import weigh
from watchfloor.audit.append import Actor
from watchfloor.detect.filters import FilterDocument, parse_filter
from watchfloor.detect.finding import find_rule
from watchfloor.detect.rule import LEVELS, Level, Rule
from watchfloor.kernel import ids
from watchfloor.kernel.characters import visible
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import TenantId
from watchfloor.ops.rulesets.installed import load_ruleset
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.directory import find_tenant
from watchfloor.tenancy.keyring import Keyring

_Change: TypeAlias = Callable[["_Desk"], Awaitable[bool]]
_SHARED: Final = "shared"

_tenant = click.option("--tenant", required=True, metavar="SLUG", help="The tenant.")
_reason = click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the tenant's log.")


@click.command("list")
@_tenant
@click.option("--all", "show_all", is_flag=True, help="Show also rules that are as they are shared.")
def rules_list(*, tenant: str, show_all: bool) -> None:
    """Show what the tenant changed: rules, exceptions with what they hid, lists."""
    asyncio.run(_list(tenant, show_all=show_all))


@click.command("disable")
@click.argument("rule")
@_tenant
@_reason
def rules_disable(*, rule: str, tenant: str, reason: str) -> None:
    """Switch RULE (id, name or title) off for the tenant; its matches are counted."""
    _run(tenant, lambda desk: commands.disable_rule(*desk.at, rule=desk.rule(rule), reason=reason))


@click.command("enable")
@click.argument("rule")
@_tenant
@_reason
def rules_enable(*, rule: str, tenant: str, reason: str) -> None:
    """Switch RULE on again for the tenant."""
    _run(tenant, lambda desk: commands.enable_rule(*desk.at, rule=desk.rule(rule), reason=reason))


@click.command("level")
@click.argument("rule")
@click.argument("level", type=click.Choice([*LEVELS, _SHARED]))
@_tenant
@_reason
def rules_level(*, rule: str, level: str, tenant: str, reason: str) -> None:
    """Give RULE's new alerts the severity LEVEL for the tenant; `shared` takes the rule's own again."""
    wanted: Level | None = next((known for known in LEVELS if known == level), None)
    _run(tenant, lambda desk: commands.set_level(*desk.at, rule=desk.rule(rule), level=wanted, reason=reason))


@click.command("except")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@_tenant
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the tenant's log.")
@click.option("--owner", metavar="NAME", help="Who answers for it: a name or an address.")
@click.option("--days", type=click.IntRange(1, 366), help="How long it lives.")
@click.option("--preview", "only_preview", is_flag=True, help="Only show what it would have hidden.")
@click.option("--end", "exception", metavar="EXC_ID", help="End this exception instead.")
def rules_except(
    *,
    file: Path | None,
    tenant: str,
    reason: str,
    owner: str | None,
    days: int | None,
    only_preview: bool,
    exception: str | None,
) -> None:
    """Hide from the tenant's alerts what the Sigma filter in FILE describes, until it expires.

    Shown first is what it would have hidden of the alerts of the last days.
    """
    if (file is None) == (exception is None):
        raise Invalid("Give a file with a filter, or --end with an exception's id.")
    if exception is not None:
        exception_id = ids.parse("exc", exception)
        _run(
            tenant,
            lambda desk: commands.end_exception(*desk.at, exception_id=exception_id, reason=reason, at=desk.now),
        )
    elif file is not None:
        asyncio.run(_except(file, tenant, reason=reason, owner=owner, days=days, only_preview=only_preview))


@click.command("fill")
@click.argument("name")
@_tenant
@_reason
@click.option(
    "--from", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file, one entry a line."
)
@click.option("--remove", is_flag=True, help="Remove the list instead.")
def rules_fill(*, name: str, tenant: str, reason: str, file: Path | None, remove: bool) -> None:
    """Fill the tenant's list NAME, which rules use as `%NAME%`."""
    if (file is None) != remove:
        raise Invalid("Give --from with a file of entries, or --remove.")
    if file is None:

        async def remove_it(desk: _Desk) -> bool:
            await commands.remove_list(*desk.at, name=name, reason=reason)
            return True

        _run(tenant, remove_it)
        return
    entries = [line.strip() for line in file.read_text("utf-8").splitlines() if line.strip()]
    _run(tenant, lambda desk: commands.set_list(*desk.at, name=name, entries=entries, reason=reason))


class _Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's overlay, open for one command. `at` is what each command begins with."""

    tx: TenantTx
    cipher: TenantCipher
    actor: Actor
    rules: tuple[Rule, ...]
    now: datetime

    @property
    def at(self) -> tuple[TenantTx, TenantCipher, Actor]:
        return self.tx, self.cipher, self.actor

    def rule(self, name: str) -> Rule:
        return find_rule(self.rules, name)


@asynccontextmanager
async def _desk(slug: str) -> AsyncGenerator[_Desk]:
    settings = load_settings()
    rules = load_ruleset(settings).rules
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")
    async with storage(settings, tell=tell):
        tenant_id = await _tenant_id(settings, slug)
        database = await Database.open(settings, Role.APP, connections=1)
        try:
            async with tenant_tx(database, tenant_id) as tx:
                cipher = await Keyring.open(settings).cipher(tx)
                yield _Desk(tx=tx, cipher=cipher, actor=actor, rules=rules, now=SystemClock().now())
        finally:
            await database.close()


async def _tenant_id(settings: Settings, slug: str) -> TenantId:
    database = await Database.open(settings, Role.AUTH, connections=1)
    try:
        async with directory_tx(database) as tx:
            return await find_tenant(tx, slug)
    finally:
        await database.close()


def _run(tenant: str, change: _Change) -> None:
    async def work() -> bool:
        async with _desk(tenant) as desk:
            return await change(desk)

    done = asyncio.run(work())
    click.echo("done; it holds from the next batch of events on" if done else "it was so already")


async def _except(
    file: Path, tenant: str, *, reason: str, owner: str | None, days: int | None, only_preview: bool
) -> None:
    if not only_preview and (owner is None or days is None):
        raise Invalid("An exception needs an owner and an end.", remedy="Give --owner and --days.")
    written = _filter(file)
    async with _desk(tenant) as desk:
        commands.check_exception(written, desk.rules)
        weighed = await weigh(desk.tx, desk.cipher, written=written, rules=desk.rules, at=desk.now)
        _say(str(weighed.seen))
        if only_preview:
            if weighed.because:
                _say(f"A second person must agree: {weighed.because}.")
            return
        if owner is None or days is None:
            raise Invalid("An exception needs an owner and an end.", remedy="Give --owner and --days.")
        if weighed.because:
            raise Conflict(
                f"A second person must agree: {weighed.because}.",
                remedy="Ask for it at an incident: `except` at the desk, or over the API. Or have the bundle reviewed.",
            )
        wanted = NewException(written=written, owner=owner, reason=reason, expires_at=desk.now + timedelta(days=days))
        made = await commands.add_exception(*desk.at, wanted=wanted, rules=desk.rules, at=desk.now)
        _say(f"{shown(made)} holds from the next batch of events on, until {_moment(wanted.expires_at)}")


def _filter(file: Path) -> FilterDocument:
    try:
        return parse_filter(file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8 text.", where=str(file)) from None
    except Invalid as fault:
        raise Invalid(fault.message, where=f"{file}:{fault.where}", remedy=fault.remedy) from None


async def _list(tenant: str, *, show_all: bool) -> None:
    async with _desk(tenant) as desk:
        rules = await listing.list_rules(desk.tx, desk.cipher, rules=desk.rules, at=desk.now)
        exceptions = await listing.unended_exceptions(desk.tx, desk.cipher, at=desk.now)
        lists = await listing.list_lists(desk.tx, desk.cipher)
    for rule in rules:
        if show_all or rule.state != "active" or rule.level != rule.rule.level or rule.hidden:
            _say(_rule_line(rule))
    for kept in exceptions:
        _say(_exception_line(kept))
    for found in lists:
        _say(f"list {found.name}: {len(found.entries)} entries, {found.reason}")


def _rule_line(tuned: listing.TunedRule) -> str:
    parts: list[str] = [tuned.state, tuned.level]
    if tuned.level != tuned.rule.level:
        parts.append(f"shared as {tuned.rule.level}")
    if tuned.missing_lists:
        parts.append(f"needs the lists {', '.join(tuned.missing_lists)}")
    parts += _hidden(tuned.hidden, tuned.last_hidden_at)
    if tuned.reason:
        parts.append(tuned.reason)
    return f"rule {tuned.rule.id} {tuned.rule.title}: {', '.join(parts)}"


def _exception_line(kept: listing.KeptException) -> str:
    body = kept.body
    parts = [kept.state, f"until {_moment(kept.expires_at)}", *_hidden(kept.hidden, kept.last_hidden_at)]
    return f"exception {shown(kept.id)} {body.written.title}: {', '.join([*parts, body.owner, body.reason])}"


def _hidden(count: int, last: datetime | None) -> list[str]:
    return [] if last is None else [f"hid {count} matches in {listing.DAYS} days, last {_moment(last)}"]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _say(line: str) -> None:
    click.echo(visible(line, newline=" "))
