"""Making a tenant what its bundle says: onboarding a new one, changing one that is there.

Everything is compared first and only what differs is written, so applying twice changes nothing, and a run that was
cut short is completed by the next one. Each change is audited in the transaction that makes it (A1): in the tenant's
chain, and its registration in the operator's. Tokens are handed to `issue` right after they are stored and are
nowhere else.
"""

import hashlib
from collections.abc import Callable
from typing import Final

import msgspec

from tenants import queries
from tenants.bundle import Bundle, settings_of
from tenants.current import Current, open_record, read_current, seal_contacts
from tenants.detection import Standing, read_standing, wanted_of, write
from tenants.dressing import write_dressing
from tenants.faults import BundleFaults, Fault
from tenants.installation import Installation
from tenants.plan import Plan, compare, is_live
from tenants.queries import RecordRow, TenantRow
from tenants.rules import PlacedBundle
from tenants.steps import Journey, Nothing
from watchfloor.access import queries as directory
from watchfloor.audit.append import append
from watchfloor.feeds.registry import change_feed, create_feed, list_feeds, mint_alias, mint_token, revoke_tokens
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.secret import Secret

OPERATOR_SLUG: Final = "operator"
OPERATOR_CODE: Final = "MSSP"


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new feed token, which is shown once. `alias` is a GUID that stands for it, if one was asked for."""

    slug: str
    feed: str
    door: str
    text: Secret
    alias: Secret | None = None


Issue = Callable[[IssuedToken], None]


async def plan(installation: Installation, placed: PlacedBundle) -> Plan:
    """What `apply` would change. Raises BundleFaults for what cannot be."""
    return compare(placed, await read_current(installation, placed.bundle))


async def apply(installation: Installation, placed: PlacedBundle, *, issue: Issue, tell: Callable[[str], None]) -> Plan:
    """Makes the tenant what its bundle says and returns what was changed. `tell` gets one line for each step.

    Raises BundleFaults for what cannot be; then nothing was changed.
    """
    current = await read_current(installation, placed.bundle)
    done = compare(placed, current)
    if done.is_new:
        tenant_id = await _onboard(installation, placed, current, issue=issue, tell=tell)
    else:
        tenant_id = TenantId(_known(current).id)
        if done.changes:
            await _name(installation, tenant_id, placed.bundle)
            await _configure(installation, tenant_id, placed)
            await _admit(installation, tenant_id, placed.bundle, issue=issue)
    return done


async def replace_token(
    installation: Installation, tenant: TenantRow, feed_name: str, *, keep_old: bool, with_alias: bool = False
) -> IssuedToken:
    """A new token for a feed, `with_alias` a GUID that stands for it too; the older ones are revoked unless `keep_old`.

    Raises NotFound, Conflict when the feed is paused.
    """
    async with tenant_tx(installation.auth, TenantId(tenant.id)) as tx:
        feed = next((feed for feed in await list_feeds(tx) if feed.name == feed_name), None)
        if feed is None:
            raise NotFound(f"The tenant {tenant.slug} has no feed of this name.", where=feed_name)
        if feed.state != "active":
            raise Conflict("The feed is paused.", where=feed_name, remedy="Resume it in the tenant's bundle first.")
        minted = await mint_token(tx, installation.actor, feed_id=feed.id)
        if not keep_old:
            await revoke_tokens(tx, installation.actor, feed_id=feed.id, keep=minted)
        alias = (await mint_alias(tx, installation.actor, minted)).text if with_alias else None
    return IssuedToken(slug=tenant.slug, feed=feed.name, door=feed.door, text=minted.text, alias=alias)


async def ensure_operator(installation: Installation) -> TenantId:
    """The operator's tenant: where staff acts on the installation itself are audited. Made when there is none."""
    async with directory_tx(installation.auth) as tx:
        known = await queries.select_operator(tx)
    if known is None:
        known = TenantRow(
            id=new_uuid(),
            slug=OPERATOR_SLUG,
            code=OPERATOR_CODE,
            name=installation.settings.operator_name,
            kind="operator",
            state="onboarding",
        )
        await _enter(installation, known, chain=TenantId(known.id))
    if known.state == "onboarding":
        await _make_key(installation, TenantId(known.id))
        await _open(installation, TenantId(known.id))
    return TenantId(known.id)


async def _onboard(
    installation: Installation,
    placed: PlacedBundle,
    current: Current,
    *,
    issue: Issue,
    tell: Callable[[str], None],
) -> TenantId:
    """The steps of onboarding. Those that only compare and complete run each time; the others are noted."""
    bundle = placed.bundle
    tenant_id = await _register(installation, placed, current)
    journey = Journey(installation, tenant_id, "onboard", tell=lambda step: tell(f"{bundle.slug}: {step}"))

    async def make_key() -> Nothing:
        await _make_key(installation, tenant_id)
        return Nothing()

    async def configure() -> Nothing:
        await _name(installation, tenant_id, bundle)
        await _configure(installation, tenant_id, placed)
        return Nothing()

    async def admit() -> Nothing:
        await _admit(installation, tenant_id, bundle, issue=issue)
        return Nothing()

    async def open_() -> Nothing:
        await _open(installation, tenant_id)
        return Nothing()

    await journey.step("key", Nothing, make_key)
    await journey.step("configure", Nothing, configure)
    await journey.step("admit", Nothing, admit)
    # The bundle may have changed since a run that was cut short; what is as it should be is left alone.
    await configure()
    await admit()
    await journey.step("open", Nothing, open_)
    return tenant_id


async def _register(installation: Installation, placed: PlacedBundle, current: Current) -> TenantId:
    if current.tenant is not None:
        return TenantId(current.tenant.id)
    bundle = placed.bundle
    row = TenantRow(
        id=new_uuid(), slug=bundle.slug, code=bundle.code, name=bundle.name, kind=bundle.kind, state="onboarding"
    )
    chain = TenantId(row.id) if bundle.kind == "operator" else await ensure_operator(installation)
    try:
        await _enter(installation, row, chain=chain)
    except Conflict as taken:
        place = placed.parts.of("code")
        raise BundleFaults([Fault(place, taken.message, "Each tenant has its own.")]) from None
    return TenantId(row.id)


async def _enter(installation: Installation, row: TenantRow, *, chain: TenantId) -> None:
    """Enters a tenant in the directory; the entry is audited in `chain`."""
    async with tenant_tx(installation.auth, chain) as tx:
        if not await queries.insert_tenant(tx, row):
            raise _taken(row.slug, row.code)
        await append(
            tx,
            installation.actor,
            action="tenant.register",
            object_kind="tenant",
            object_id=ids.show("ten", row.id),
            after=row,
        )


async def _make_key(installation: Installation, tenant_id: TenantId) -> None:
    async with tenant_tx(installation.app, tenant_id) as tx:
        await installation.keyring.create(tx)


async def _open(installation: Installation, tenant_id: TenantId) -> None:
    async with tenant_tx(installation.auth, tenant_id) as tx:
        if await queries.lock_tenant(tx) == "onboarding":
            await queries.update_state(tx, tenant_id, "active")
            await _note(tx, installation, "tenant.open", after={"state": "active"})


async def _configure(installation: Installation, tenant_id: TenantId, placed: PlacedBundle) -> None:
    """The record, the feeds, the reports and what the tenant changes about rules, in one transaction."""
    async with tenant_tx(installation.app, tenant_id) as tx:
        await _write_record(tx, installation, placed.bundle)
        await _write_feeds(tx, installation, placed.bundle)
        await write_dressing(
            tx,
            await installation.keyring.cipher(tx),
            installation.actor,
            placed.dressing,
            at=installation.clock.now(),
        )
        if placed.bundle.detection is not None:
            await _write_detection(tx, installation, placed)


async def _write_record(tx: TenantTx, installation: Installation, bundle: Bundle) -> None:
    row = await queries.select_record(tx)
    before = None if row is None else await open_record(tx, row, installation)
    settings = settings_of(bundle)
    names = (bundle.code, bundle.name, bundle.language, bundle.time_zone)
    if before is not None and (
        (before.code, before.name, before.language, before.time_zone) == names
        and (before.settings, before.contacts) == (settings, bundle.contacts)
    ):
        return
    cipher = await installation.keyring.cipher(tx)
    text = msgspec.json.encode(settings, order="deterministic")
    record = RecordRow(
        code=bundle.code,
        name=bundle.name,
        language=bundle.language,
        time_zone=bundle.time_zone,
        settings=text.decode(),
        contacts=seal_contacts(cipher, tx.tenant_id, bundle.contacts),
    )
    await queries.upsert_record(tx, record, bundle_hash=hashlib.sha256(text).digest())
    after = {"names": names, "settings": settings, "contacts": bundle.contacts}
    await _note(tx, installation, "tenant.configure", before=before, after=after)


async def _write_feeds(tx: TenantTx, installation: Installation, bundle: Bundle) -> None:
    actor = installation.actor
    known = {feed.name: feed for feed in await list_feeds(tx)}
    for wanted in bundle.feeds:
        feed = known.pop(wanted.name, None)
        if feed is None:
            hint, options = wanted.source_hint, wanted.options
            feed = await create_feed(tx, actor, name=wanted.name, door=wanted.door, source_hint=hint, options=options)
        await change_feed(
            tx,
            actor,
            feed_id=feed.id,
            source_hint=wanted.source_hint,
            state=wanted.state,
            options=wanted.options,
        )
    for feed in known.values():
        if feed.door != "pull":
            await change_feed(tx, actor, feed_id=feed.id, source_hint=feed.source_hint, state="paused")


async def _write_detection(tx: TenantTx, installation: Installation, placed: PlacedBundle) -> None:
    cipher, rules = await installation.keyring.cipher(tx), await installation.rules.rules()
    standing = await read_standing(tx, cipher, rules=rules, at=installation.clock.now())
    await write(tx, cipher, installation.actor, wanted=wanted_of(placed, rules), standing=standing)


async def _admit(installation: Installation, tenant_id: TenantId, bundle: Bundle, *, issue: Issue) -> None:
    """Tokens and members, in one transaction."""
    async with tenant_tx(installation.auth, tenant_id) as tx:
        await queries.lock_tenant(tx)
        issued = await _write_tokens(tx, installation, bundle)
        await _write_members(tx, installation, bundle)
    for token in issued:
        issue(token)


async def _name(installation: Installation, tenant_id: TenantId, bundle: Bundle) -> None:
    """How the directory names the tenant. It comes first, because a name that is taken ends the whole thing."""
    async with tenant_tx(installation.auth, tenant_id) as tx:
        known = await queries.select_own_tenant(tx)
        before = (known.slug, known.code, known.name) if known else None
        after = (bundle.slug, bundle.code, bundle.name)
        if before == after:
            return
        if not await queries.update_tenant(tx, slug=bundle.slug, code=bundle.code, name=bundle.name):
            raise _taken(bundle.slug, bundle.code)
        await _note(tx, installation, "tenant.rename", before=before, after=after)


async def _write_tokens(tx: TenantTx, installation: Installation, bundle: Bundle) -> list[IssuedToken]:
    actor = installation.actor
    current = Current(
        feeds=await list_feeds(tx),
        fed=frozenset(await queries.select_fed_feeds(tx)),
        detection=Standing(at=installation.clock.now()),
    )
    wanted = {feed.name for feed in bundle.feeds}
    issued: list[IssuedToken] = []
    for feed in current.feeds:
        if feed.name not in wanted and is_live(feed, current):
            await revoke_tokens(tx, actor, feed_id=feed.id)
        elif feed.name in wanted and feed.state == "active" and feed.id not in current.fed:
            minted = await mint_token(tx, actor, feed_id=feed.id)
            issued.append(IssuedToken(slug=bundle.slug, feed=feed.name, door=feed.door, text=minted.text))
    return issued


async def _write_members(tx: TenantTx, installation: Installation, bundle: Bundle) -> None:
    if bundle.members is None:
        return
    known = {(member.email, member.role): member for member in await queries.select_members(tx)}
    for wanted in bundle.members:
        email = wanted.email.lower()
        if known.pop((email, wanted.role), None) is None:
            await directory.insert_person(
                tx, person_id=new_uuid(), email=email, name=wanted.name or email.partition("@")[0]
            )
            person = await directory.select_person_by_email(tx, email)
            if person is None:
                raise Conflict("This person is disabled and cannot be given a role.", where=email)
            membership_id = new_uuid()
            await queries.insert_membership(tx, membership_id, person_id=person.id, role=wanted.role)
            await _note_member(tx, installation, "member.added", str(membership_id), email=email, role=wanted.role)
    for member in known.values():
        await directory.delete_membership(tx, member.id)
        await _note_member(tx, installation, "member.removed", str(member.id), email=member.email, role=member.role)


async def _note_member(
    tx: TenantTx, installation: Installation, action: str, membership_id: str, *, email: str, role: str
) -> None:
    await append(
        tx,
        installation.actor,
        action=action,
        object_kind="membership",
        object_id=membership_id,
        after={"role": role} if action == "member.added" else None,
        before={"role": role} if action == "member.removed" else None,
        detail={"email": email, "role": role},
        cipher=await installation.keyring.cipher(tx),
    )


async def _note(
    tx: TenantTx, installation: Installation, action: str, *, before: object = None, after: object = None
) -> None:
    await append(
        tx,
        installation.actor,
        action=action,
        object_kind="tenant",
        object_id=ids.show("ten", tx.tenant_id),
        before=before,
        after=after,
    )


def _taken(slug: str, code: str) -> Conflict:
    return Conflict(f"The slug {slug} or the code {code} is another tenant's.", where=slug)


def _known(current: Current) -> TenantRow:
    if current.tenant is None:
        raise Conflict("The tenant is not registered yet.")
    return current.tenant
