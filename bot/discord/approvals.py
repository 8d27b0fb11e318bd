"""The approvals channel: what waits for a second person stands there with its buttons, until it is decided."""

from typing import Final

from bot.discord.board import APPROVALS, Board
from bot.discord.cards import Surroundings, card_layout, text_layout
from bot.discord.markdown import plain
from bot.discord.posts import Posts
from watchfloor.desk.card import Card
from watchfloor.incidents.lifecycle import Action

_PREFIX: Final = "approval:"


class ApprovalBoard:
    """What stands in the approvals channel, by incident. A message is made once and edited when it is decided."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._standing: dict[str, str] | None = None

    async def show(self, posts: Posts, card: Card, around: Surroundings, *, is_restricted: bool = False) -> None:
        """Shows that an incident waits for an approval, or that it does so no more; a restricted one by reference."""
        channel = await self._board.first(APPROVALS)
        if channel is None:
            return
        if self._standing is None:
            rows = await self._board.all()
            self._standing = {row.purpose: row.message_id for row in rows if row.purpose.startswith(_PREFIX)}
        purpose = f"{_PREFIX}{card.ref}"
        message = self._standing.get(purpose, "")
        waits = Action.APPROVE in card.actions
        waiting = text_layout(f"{plain(card.ref)} is restricted and waits for an approval, in its own post.")
        if waits and not message:
            message = await posts.say(channel.channel_id, waiting if is_restricted else card_layout(card, around))
        elif waits and is_restricted:
            await posts.change(channel.channel_id, message, waiting)
        elif message and not waits:
            await posts.change(channel.channel_id, message, text_layout(f"{plain(card.ref)}: decided."))
            message = ""
        else:
            return
        self._standing[purpose] = message
        await self._board.note(channel.guild_id, purpose, channel_id=channel.channel_id, message_id=message)
