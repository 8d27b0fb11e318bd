"""Interactions: what people type, press, choose and fill in, answered within Discord's three seconds.

The order is fixed, because effects must not outrun the answer: what is too old is dropped, a form is opened from memory
or the answer is put off, and only when Discord has taken that does anything happen. A delivery that comes again (a
resumed session, a second gateway) has the same request id and changes nothing. All state is in the raw interaction, so
a restart in between loses nothing. Answers are for the person alone.
"""

import asyncio
import logging
import time
from datetime import timedelta
from typing import Final

import discord
import msgspec

from bot.discord import asks
from bot.discord.asks import Ask
from bot.discord.board import Board
from bot.discord.cards import Layout, Surroundings, reply_layout, text_layout
from bot.discord.commands import CODE, REFERENCE
from bot.discord.counter import Counter, Served
from bot.discord.custom_ids import CustomId
from bot.discord.faults import FAULTS
from bot.discord.forms import form, is_needed
from bot.discord.markdown import plain
from bot.discord.offers import Offers
from bot.discord.posts import Posts
from bot.discord.raw import AUTOCOMPLETE, Data, read_data
from bot.discord.shift import ShiftBoard
from watchfloor.access.chat_accounts.linking import ChatLogin, link, unlink
from watchfloor.access.limits import Limit, Limiter
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent, Verb
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.errors import Invalid, WatchfloorError
from watchfloor.kernel.neutralise import Untrusted, for_log
from watchfloor.kernel.telemetry import CHAT_INTERACTIONS

OLDEST: Final = timedelta(seconds=2.5)
"""What is older was given up by the person's client, or is played again after an outage."""

LINK_LIMIT: Final = Limit(name="chat-link", count=5, seconds=300)

_COMPLETION_SECONDS: Final = 1.0
_OWN: Final = ("link", "unlink", "whoami")

_log: Final = logging.getLogger(__name__)

Interaction = discord.Interaction[discord.Client]


class Interactions:
    """Answers interactions of one bot."""

    def __init__(
        self, counter: Counter, *, board: Board, limiter: Limiter, clock: Clock, public_url: str, guilds: frozenset[int]
    ) -> None:
        self._counter = counter
        self._shift = ShiftBoard(board)
        self._limiter = limiter
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._guilds = guilds
        self._offers = Offers()
        self.last_at: float | None = None

    async def take(self, interaction: Interaction) -> None:
        """Answers one interaction. Raises nothing: a fault is logged, and the person is told so."""
        if self._clock.now() - discord.utils.snowflake_time(interaction.id) > OLDEST:
            CHAT_INTERACTIONS.labels(outcome="too_old").observe(0)
            return
        begun = time.monotonic()
        try:
            outcome = await self._answer(interaction)
        except FAULTS as refused:
            _log.warning("Discord did not take an answer: %s", for_log(Untrusted(str(refused))))
            outcome = "not_taken"
        self.last_at = time.monotonic()
        CHAT_INTERACTIONS.labels(outcome=outcome).observe(self.last_at - begun)

    async def _answer(self, interaction: Interaction) -> str:
        if interaction.guild_id not in self._guilds:
            await interaction.response.send_message(view=text_layout("This bot works in its own server only."))
            return "elsewhere"
        data = read_data(interaction.data)
        if interaction.type.value == AUTOCOMPLETE:
            return await self._complete(interaction, data)
        try:
            ask = asks.read_ask(interaction.type.value, data, post=_post_of(interaction))
            ask, verb = self._with_offer(ask)
        except WatchfloorError as error:
            await interaction.response.send_message(view=fault_layout(error), ephemeral=True)
            return "refused"
        if verb is not None and not ask.is_form and is_needed(verb, ask.given):
            name = CustomId(verb.name, ask.reference, ask.token or self._token(ask.given))
            await interaction.response.send_modal(form(verb, name, given=ask.given))
            return "form"
        await interaction.response.defer(ephemeral=True, thinking=True)
        layout, outcome = await self._layout(interaction, ask)
        await interaction.edit_original_response(view=layout, allowed_mentions=discord.AllowedMentions.none())
        return outcome

    async def _layout(self, interaction: Interaction, ask: Ask) -> tuple[Layout, str]:
        try:
            if ask.verb in _OWN:
                return text_layout(await self._own(interaction, ask)), "done"
            return await self._desk(interaction, ask)
        except WatchfloorError as error:
            return fault_layout(error), "refused"
        except Exception:  # noqa: BLE001  the edge between the desk and the chat: nobody is left without an answer
            _log.exception("an interaction failed")
            return text_layout("This is a fault in Watchfloor. It is in the log; use the console meanwhile."), "fault"

    async def _desk(self, interaction: Interaction, ask: Ask) -> tuple[Layout, str]:
        intent = Intent(verb=ask.verb, incident=ask.reference, arguments=ask.given, request_id=f"dis_{interaction.id}")
        served = await self._counter.serve(str(interaction.user.id), intent)
        for number, given in enumerate(ask.more, start=2):
            more = msgspec.structs.replace(intent, arguments=given, request_id=f"{intent.request_id}_{number}")
            served = served.joined(await self._counter.serve(str(interaction.user.id), more), number=number)
        tokens = {
            place: self._offers.keep(offer.arguments)
            for place, offer in enumerate(served.reply.offers)
            if offer.arguments
        }
        around = Surroundings(
            public_url=self._public_url, accounts=served.accounts, tokens=tokens, hidden=served.hidden
        )
        await self._tell_floor(interaction, ask, served, around)
        return reply_layout(served.reply, around), "done" if served.reply.ok else "refused"

    async def _tell_floor(self, interaction: Interaction, ask: Ask, served: Served, around: Surroundings) -> None:
        """Tells the whole floor of a handover, and who took it over. What Discord refuses is in the record anyway."""
        posts = Posts(interaction.client)
        try:
            if ask.verb == "handover" and served.reply.ok:
                await self._shift.post(posts, served, around)
            elif ask.verb == "takeover" and served.reply.changed:
                await self._shift.tell_taken(posts, str(interaction.user.id))
        except (TypeError, *FAULTS) as refused:
            _log.warning("the handover was not posted: %s", for_log(Untrusted(str(refused))))

    async def _own(self, interaction: Interaction, ask: Ask) -> str:
        account_id = str(interaction.user.id)
        request_id = f"dis_{interaction.id}"
        if ask.verb == "link":
            await self._limiter.take(LINK_LIMIT, account_id)
            code = ask.given.get(CODE, "")
            await link(self._counter.front.directory, code, account_id=account_id, request_id=request_id)
            return "This account is now linked to you. The portal shows it, and can undo it."
        if ask.verb == "unlink":
            person = await self._counter.front.principal(ChatLogin(account_id))
            await unlink(self._counter.front.directory, person, request_id=request_id)
            return "This account is linked to nobody any more."
        name, codes = await self._counter.whoami(account_id)
        return (
            f"You are {plain(name) or f'<@{account_id}>'}. Here you can work for: {', '.join(codes) or 'nobody yet'}."
        )

    async def _complete(self, interaction: Interaction, data: Data) -> str:
        completing = asks.read_completing(data)
        found: list[tuple[str, str]] = []
        if completing is not None:
            account_id = str(interaction.user.id)
            try:
                async with asyncio.timeout(_COMPLETION_SECONDS):
                    found = await self._completions(account_id, completing)
            except (WatchfloorError, TimeoutError):
                found = []
        choices = [
            discord.app_commands.Choice(name=choice_of(value, title), value=value[:100]) for value, title in found[:25]
        ]
        await interaction.response.autocomplete(choices)
        return "completed"

    async def _completions(self, account_id: str, completing: asks.Completing) -> list[tuple[str, str]]:
        """Values to choose, each with what it is called."""
        verb = TABLE.get(completing.verb)
        kinds = {field.name: field.kind for field in verb.fields} if verb is not None else {}
        if completing.field == REFERENCE or kinds.get(completing.field) == "incident":
            return await self._counter.references(account_id, completing.typed)
        if kinds.get(completing.field) == "colleague":
            return [(address, "") for address in await self._counter.colleagues(account_id, completing.typed)]
        return []

    def _with_offer(self, ask: Ask) -> tuple[Ask, Verb | None]:
        """The ask with the values that were offered with it. Raises Invalid when they have run out."""
        if ask.token:
            kept = self._offers.values(ask.token)
            if kept is None:
                raise Invalid("This offer has run out.", remedy="Ask for it again.")
            ask = msgspec.structs.replace(ask, given={**kept, **ask.given})
        if ask.verb in _OWN:
            return ask, None
        verb = TABLE.get(ask.verb)
        if verb is None:
            raise Invalid("There is no such command any more.", remedy="Open the incident anew.")
        if verb.reach == "incident" and not ask.reference:
            raise Invalid("Which incident?", remedy="Name it by ref, or ask in its post.")
        return ask, verb

    def _token(self, given: dict[str, str]) -> str:
        """A token for values that were typed already, so that the form need not show them again."""
        return self._offers.keep(given) if given else ""


def choice_of(value: str, title: str) -> str:
    """A value to choose as its list shows it, where nothing is Markdown: `title` is plain already."""
    return f"{value} {title}".strip()[:100]


def fault_layout(error: WatchfloorError) -> Layout:
    """What went wrong, as a message."""
    return text_layout(f"✗ {plain(str(error), limit=900)}")


def _post_of(interaction: Interaction) -> str:
    """The reference of the bot's own post in which this is; posts of others name nothing."""
    channel = interaction.channel
    me = interaction.client.user
    if isinstance(channel, discord.Thread) and me is not None and channel.owner_id == me.id:
        return asks.reference_of_post(channel.name)
    return ""
