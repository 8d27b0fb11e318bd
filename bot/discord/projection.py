"""The projection into Discord: makes every post show the newest revision of its incident, and nothing older.

The worker notes which revision is wanted; this compares it with what is shown. Changes that come quickly become one
edit; a storm of new incidents becomes a few posts and a longer queue. What Discord does not take is tried again later,
for longer each time, and by then it is the newest revision that is sent. Whatever dies in between, the next look finds
what is missing.
"""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import discord
import msgspec

from bot.discord import queries
from bot.discord.agreements import Agreement, Agreements
from bot.discord.approvals import ApprovalBoard
from bot.discord.board import Board, forum_of
from bot.discord.cards import Surroundings, card_layout
from bot.discord.circles import Circle, Circles
from bot.discord.counter import Counter
from bot.discord.faults import FAULTS
from bot.discord.levels import card_at, entry_at, masked_by
from bot.discord.posts import Post, Posts
from bot.discord.queries import DueCard
from bot.discord.secrecy import card_without
from bot.discord.words import is_told, line_of
from watchfloor.access.roles import PERMISSIONS_OF, Role
from watchfloor.desk.card import Card
from watchfloor.desk.display.face import card_of
from watchfloor.desk.reply import Reply
from watchfloor.desk.restriction.naming import restricted_in
from watchfloor.desk.restriction.queries import select_named
from watchfloor.incidents import timeline
from watchfloor.incidents.queries import select_incident
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import IncidentId, PersonId, TenantId
from watchfloor.kernel.neutralise import Untrusted, for_log
from watchfloor.kernel.telemetry import CHAT_UPDATES

AT_ONCE: Final = 20
EDIT_SECONDS: Final = 3.0
"""At most one edit of a card in this time."""
OLD_EDIT_SECONDS: Final = 60.0
"""The same for posts that are not young any more, whose edits Discord counts."""
YOUNG: Final = timedelta(hours=1)
POSTS_A_MINUTE: Final = 3
"""How many posts one tenant may open in a minute, and one more for a new host or person in a storm; the rest stand in
the queue and follow."""

_LONGEST_SECONDS: Final = 600.0
_LINES: Final = 12
_ENTRIES: Final = 200
_SIZES: Final = ((10, ("critical", "high", "medium", "low", "informational")), (100, ("critical", "high", "medium")))
_FEW: Final = ("critical", "high")

_log: Final = logging.getLogger(__name__)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as it may leave, with the entries of its timeline that its post tells."""

    card: Card
    around: Surroundings
    told: tuple[TimelineEntry, ...]


class Projection:
    """Shows incidents. One for each owner of the gateway."""

    def __init__(
        self,
        counter: Counter,
        *,
        agreements: Agreements,
        board: Board,
        circles: Circles,
        posts: Posts,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._counter = counter
        self._agreements = agreements
        self._board = board
        self._circles = circles
        self._posts = posts
        self._clock = clock
        self._approvals = ApprovalBoard(board)
        self._public_url = public_url.rstrip("/")
        self._edited: dict[str, float] = {}
        self._opened: defaultdict[TenantId, deque[float]] = defaultdict(lambda: deque(maxlen=POSTS_A_MINUTE + 1))

    def forget_pauses(self) -> None:
        """Sends what is due at once, as after a long quiet."""
        self._edited.clear()
        self._opened.clear()

    async def adopt(self, tenant_id: TenantId) -> None:
        """Wants a card for whatever is open: at the start, and after events were lost."""
        async with tenant_tx(self._counter.front.records, tenant_id) as tx:
            await queries.want_unshown(tx)

    async def rejoin(self, tenant_id: TenantId) -> None:
        """Wants each card whose people are no longer those that its forum is open to."""
        records = self._counter.front.records
        async with tenant_tx(records, tenant_id) as tx:
            standing = {one: await select_named(tx, one.incident_id) for one in await queries.select_circled(tx)}
        for card, named in standing.items():
            circle = await self._circles.of(tenant_id, (PersonId(person) for person in named))
            if card.circle != _name(circle):
                async with tenant_tx(records, tenant_id) as tx:
                    await queries.want_again(tx, card.incident_id)

    async def turn(self, tenant_id: TenantId, *, tenants: int) -> float | None:
        """Shows what is due in a tenant. Returns in how many seconds to look again, None when nothing is left.

        `tenants` is how many share the chat: the more, the fewer incidents get a post of their own.
        """
        agreement = await self._agreements.of(tenant_id)
        if agreement is None:
            return None
        async with tenant_tx(self._counter.front.records, tenant_id) as tx:
            due = await queries.select_due_cards(tx, limit=AT_ONCE)
        again = [await self._show(tenant_id, agreement, card, tenants=tenants) for card in due]
        waits = [seconds for seconds in again if seconds is not None]
        if len(due) == AT_ONCE:
            waits.append(0.0)
        return min(waits, default=None)

    async def _show(self, tenant_id: TenantId, agreement: Agreement, card: DueCard, *, tenants: int) -> float | None:
        """Shows one card, or puts it off; returns in how many seconds it comes again."""
        circle = await self._circle(tenant_id, card.incident_id) if card.is_restricted else None
        if card.circle != _name(circle):
            return await self._move(tenant_id, card, circle)
        wait = self._wait(tenant_id, card)
        if wait > 0:
            await self._postpone(tenant_id, card, wait, attempts=card.attempts)
            return wait
        is_posted = card.thread or opens_post(card.severity, card.state, tenants=tenants)
        if not is_posted or (circle is not None and not circle.accounts):
            await self._note(tenant_id, card, revision=card.wanted_revision, post=Post(thread="", message=""))
            return None
        return await self._try(tenant_id, agreement, card, circle)

    async def _try(
        self, tenant_id: TenantId, agreement: Agreement, card: DueCard, circle: Circle | None
    ) -> float | None:
        try:
            return await self._send(tenant_id, agreement, card, circle)
        except discord.NotFound:
            _log.warning("the post of an incident is gone; it is made again")
            await self._postpone(tenant_id, msgspec.structs.replace(card, thread=""), 1.0, attempts=card.attempts + 1)
            return 1.0
        except (TypeError, WatchfloorError, *FAULTS) as fault:
            return await self._put_off(tenant_id, card, fault)

    async def _move(self, tenant_id: TenantId, card: DueCard, circle: Circle | None) -> float | None:
        """Takes a post out of a forum that is open to others than may see it now; it is made anew where it belongs."""
        try:
            if card.thread:
                await self._posts.delete(card.thread)
        except (TypeError, *FAULTS) as fault:
            return await self._put_off(tenant_id, card, fault)
        async with tenant_tx(self._counter.front.records, tenant_id) as tx:
            await queries.move_card(tx, card.incident_id, circle=_name(circle))
        return 0.0

    async def _circle(self, tenant_id: TenantId, incident_id: UUID) -> Circle | None:
        async with tenant_tx(self._counter.front.records, tenant_id) as tx:
            named = await select_named(tx, incident_id)
        return await self._circles.of(tenant_id, (PersonId(person) for person in named))

    async def _forum(self, agreement: Agreement, circle: Circle | None) -> int:
        if circle is not None:
            return await self._circles.forum(circle)
        forum = await self._board.first(forum_of(agreement.pod))
        if forum is None:
            raise WatchfloorError("The pod has no forum.", remedy="Run `watchfloor bot channels apply`.")
        return int(forum.channel_id)

    async def _send(
        self, tenant_id: TenantId, agreement: Agreement, card: DueCard, circle: Circle | None
    ) -> float | None:
        shown = await self._read(tenant_id, agreement, card)
        if shown is None:
            return None
        layout = card_layout(shown.card, shown.around)
        if card.thread:
            post = await self._posts.edit(Post(thread=card.thread, message=card.message), shown.card, layout)
            await self._tell(post, card, shown)
            CHAT_UPDATES.labels(kind="edit", outcome="taken").inc()
        else:
            forum = await self._forum(agreement, circle)
            self._opened[tenant_id].append(time.monotonic())
            post = await self._posts.make(forum, shown.card, layout)
            CHAT_UPDATES.labels(kind="post", outcome="taken").inc()
        self._edited[post.thread] = time.monotonic()
        await self._approvals.show(self._posts, shown.card, shown.around, is_restricted=circle is not None)
        if shown.card.state == "closed":
            await self._posts.archive(post)
        last = shown.told[-1].id if shown.told else card.line_id
        async with tenant_tx(self._counter.front.records, tenant_id) as tx:
            await queries.update_shown(
                tx,
                card.incident_id,
                revision=shown.card.revision,
                thread=post.thread,
                message=post.message,
                line_id=last,
            )
        return None

    async def _read(self, tenant_id: TenantId, agreement: Agreement, due: DueCard) -> Shown | None:
        """The incident as it is now, at the tenant's level. None when it is gone."""
        front = self._counter.front
        incident_id = IncidentId(due.incident_id)
        async with tenant_tx(front.records, tenant_id) as tx:
            cipher = await front.keyring.cipher(tx)
            incident = await select_incident(tx, incident_id)
            if incident is None:
                return None
            card = await card_of(tx, cipher, incident, PERMISSIONS_OF[Role.ANALYST])
            entries = await timeline.read(tx, cipher, incident_id, limit=_ENTRIES)
            hidden = (await restricted_in(tx)).keys() - {card.ref}
        card = card_without(card_at(card, agreement.level, masked_by(cipher)), hidden)
        told = tuple(entry_at(entry, agreement.level) for entry in entries if is_told(entry))
        accounts = await self._counter.accounts(Reply(text="", card=card, timeline=told))
        around = Surroundings(public_url=self._public_url, accounts=accounts)
        return Shown(card=card, around=around, told=told)

    async def _tell(self, post: Post, card: DueCard, shown: Shown) -> None:
        """Tells in the post what people decided and said since the last time, in one message."""
        fresh = _after(shown.told, card)
        if fresh:
            lines = [line_of(entry, shown.around.accounts) for entry in fresh[-_LINES:]]
            await self._posts.tell(post, "\n".join(lines), nonce=fresh[-1].id)

    def _wait(self, tenant_id: TenantId, card: DueCard) -> float:
        """In how many seconds the card may be sent; 0 for now."""
        now = time.monotonic()
        if card.thread:
            age = self._clock.now() - discord.utils.snowflake_time(int(card.thread))
            pause = EDIT_SECONDS if age < YOUNG else OLD_EDIT_SECONDS
            return max(self._edited.get(card.thread, -pause) + pause - now, 0.0)
        lately = [at for at in self._opened[tenant_id] if now - at < 60]
        if len(lately) >= POSTS_A_MINUTE + card.is_newcomer:
            return 60 - (now - lately[0])
        return 0.0

    async def _put_off(self, tenant_id: TenantId, card: DueCard, fault: Exception) -> float:
        seconds = _pause_after(fault, card.attempts)
        CHAT_UPDATES.labels(kind="card", outcome="put_off").inc()
        _log.warning("a card waits %.0f s: %s", seconds, for_log(Untrusted(str(fault))))
        await self._postpone(tenant_id, card, seconds, attempts=card.attempts + 1)
        return seconds

    async def _postpone(self, tenant_id: TenantId, card: DueCard, seconds: float, *, attempts: int) -> None:
        async with tenant_tx(self._counter.front.records, tenant_id) as tx:
            await queries.postpone_card(
                tx, card.incident_id, thread=card.thread, seconds=seconds, attempts=min(attempts, 1_000)
            )

    async def _note(self, tenant_id: TenantId, card: DueCard, *, revision: int, post: Post) -> None:
        async with tenant_tx(self._counter.front.records, tenant_id) as tx:
            await queries.update_shown(
                tx,
                card.incident_id,
                revision=revision,
                thread=post.thread,
                message=post.message,
                line_id=card.line_id,
            )


def opens_post(severity: str, state: str, *, tenants: int) -> bool:
    """Whether an incident gets a post of its own: whatever somebody works on, and else by severity and size."""
    if state in ("resolved", "closed"):
        return False
    wanted = next((severities for size, severities in _SIZES if tenants <= size), _FEW)
    return state != "new" or severity in wanted


def _name(circle: Circle | None) -> str:
    return "" if circle is None else circle.name


def _after(told: Sequence[TimelineEntry], card: DueCard) -> Sequence[TimelineEntry]:
    if card.line_id is None:
        return told
    places = [place for place, entry in enumerate(told) if entry.id == card.line_id]
    return told[places[0] + 1 :] if places else ()


def _pause_after(fault: Exception, attempts: int) -> float:
    if isinstance(fault, discord.RateLimited):
        return min(fault.retry_after + 1, _LONGEST_SECONDS)
    if isinstance(fault, discord.Forbidden):
        return _LONGEST_SECONDS
    return min(2.0 ** min(attempts, 10), _LONGEST_SECONDS)
