"""The counter: carries what somebody in the chat asks for to the desk, and brings back what may leave.

Each time it reads anew whose account it is, which of that person's customers have agreed to this chat, and at which
level. Customers that have not agreed do not exist here. It draws nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from bot.discord.agreements import Agreement, Agreements
from bot.discord.cards import plain_title
from bot.discord.levels import Level, Mask, lowest, masked_by, reply_at
from bot.discord.secrecy import HIDDEN, hidden_from, references_in, reply_without
from watchfloor.access.chat_accounts.linking import ChatLogin, accounts_of
from watchfloor.access.principal import Principal
from watchfloor.desk.card import Person, Row
from watchfloor.desk.front import Answer, Front, customers, membership_of
from watchfloor.desk.reply import Reply
from watchfloor.desk.restriction.naming import restricted_in
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.kernel import ids
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import PersonId, TenantId
from watchfloor.normalise.event import EntityKind

_SUGGESTED: int = 25


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it may leave, with the accounts of the people in it."""

    reply: Reply
    accounts: dict[PersonId, str]
    hidden: frozenset[str] = frozenset()
    """The references of restricted incidents that the person is not named for."""
    restricted: frozenset[str] = frozenset()
    """Those of all of them: for what others will see, too."""

    def joined(self, other: "Served", *, number: int) -> "Served":
        """Joins the next answer to the same verb to this one, `number` of them by then; each keeps its rows."""
        text = f"{self.reply.text}\n{number}. {other.reply.text}"
        rows = (
            *self.reply.rows,
            *(Row(f"{number}. {row.label}", row.values, more=row.more) for row in other.reply.rows),
        )
        reply = msgspec.structs.replace(self.reply, text=text, rows=rows, ok=self.reply.ok and other.reply.ok)
        return msgspec.structs.replace(self, reply=reply, accounts={**self.accounts, **other.accounts})


class Counter:
    """The counter of one bot."""

    def __init__(self, front: Front, agreements: Agreements) -> None:
        self.front = front
        self._agreements = agreements

    async def serve(self, account_id: str, intent: Intent) -> Served:
        """Does what is asked. Raises what the desk raises, Unauthenticated for an account that is not linked."""
        principal, agreed = await self._agreed(account_id)
        restricted = await self._restricted(agreed)
        hidden = hidden_from(principal.person_id, restricted)
        if references_in(intent) & hidden:
            raise NotFound(NO_SUCH_INCIDENT)
        login = ChatLogin(account_id, tenants=frozenset(agreed))
        answer = await self.front.perform(login, intent)
        level, mask = await self._level(principal, agreed, answer, intent)
        reply = reply_without(reply_at(answer.reply, level, mask, verb=intent.verb), hidden)
        return Served(reply=reply, accounts=await self.accounts(reply), hidden=hidden, restricted=frozenset(restricted))

    async def whoami(self, account_id: str) -> tuple[str, list[str]]:
        """Whose the account is, by name at `full` only, and the codes of the customers that can be worked on here."""
        principal, agreed = await self._agreed(account_id)
        name = principal.name if lowest(agreement.level for agreement in agreed.values()) == "full" else ""
        return name, sorted(agreement.code for agreement in agreed.values())

    async def references(self, account_id: str, typed: str) -> list[tuple[str, str]]:
        """What a reference so begun may become, 25 at most, each with its rule's title; restricted ones without."""
        principal, agreed = await self._agreed(account_id)
        hidden = hidden_from(principal.person_id, await self._restricted(agreed))
        found = await self.front.suggest(ChatLogin(account_id, tenants=frozenset(agreed)), typed)
        return [
            (one.ref, HIDDEN if one.ref in hidden else plain_title(one.title.for_computing()))
            for one in found[:_SUGGESTED]
        ]

    async def colleagues(self, account_id: str, typed: str) -> list[str]:
        """Mail addresses of colleagues that match what is being typed: nothing below `full`, as they are names."""
        _, agreed = await self._agreed(account_id)
        if lowest(agreement.level for agreement in agreed.values()) != "full":
            return ["me"]
        found = await self.front.colleagues(ChatLogin(account_id, tenants=frozenset(agreed)))
        return ["me", *(address for address in found if address.startswith(typed.strip().lower()))][:_SUGGESTED]

    async def accounts(self, reply: Reply) -> dict[PersonId, str]:
        """The accounts of the people that the reply mentions."""
        people = set(_people(reply))
        if not people:
            return {}
        async with directory_tx(self.front.directory) as tx:
            return await accounts_of(tx, people)

    async def _restricted(self, agreed: Iterable[TenantId]) -> dict[str, frozenset[PersonId]]:
        """The restricted incidents of these customers, and who is named for them."""
        found: dict[str, frozenset[PersonId]] = {}
        for tenant_id in agreed:
            async with tenant_tx(self.front.records, tenant_id) as tx:
                found |= await restricted_in(tx)
        return found

    async def _agreed(self, account_id: str) -> tuple[Principal, dict[TenantId, Agreement]]:
        principal = await self.front.principal(ChatLogin(account_id))
        agreed: dict[TenantId, Agreement] = {}
        for membership in customers(principal):
            agreement = await self._agreements.of(membership.tenant_id)
            if agreement is not None:
                agreed[membership.tenant_id] = agreement
        return principal, agreed

    async def _level(
        self, principal: Principal, agreed: dict[TenantId, Agreement], answer: Answer, intent: Intent
    ) -> tuple[Level, Mask]:
        reach = "tenants" if answer.verb is None else TABLE[answer.verb.name].reach
        if reach == "operator":
            return "masked", _hidden
        if reach == "tenants":
            return lowest(agreement.level for agreement in agreed.values()), _hidden
        tenant_id = membership_of(principal, intent.incident).tenant_id
        level: Level = agreed[tenant_id].level if tenant_id in agreed else "ref"
        if level != "masked":
            return level, _hidden
        async with tenant_tx(self.front.records, tenant_id) as tx:
            return level, masked_by(await self.front.keyring.cipher(tx))


def _hidden(kind: EntityKind, value: str) -> str:
    """In place of pseudonyms where several tenants' answers stand together."""
    del value
    return f"{kind} (hidden)"


def _people(reply: Reply) -> Iterator[PersonId]:
    rows = (*(reply.card.rows if reply.card is not None else ()), *reply.rows)
    yield from (value.id for row in rows for value in row.values if isinstance(value, Person))
    for entry in reply.timeline:
        for text in (entry.actor_id if entry.actor_kind == "person" else "", entry.facts.get("person", "")):
            with suppress(NotFound):
                yield PersonId(ids.parse("per", text))
