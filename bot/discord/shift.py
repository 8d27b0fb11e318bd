"""The handover channel: what the next shift must know stands there with a button, and who took it over.

A handover is posted when somebody asks for one, unless the same one stands there already. Its button carries the code
of the handover, so it works after a restart, too. Everybody of the floor reads it: restricted incidents are references.
"""

import discord

from bot.discord.board import HANDOVER, Board
from bot.discord.cards import Layout, Surroundings, reply_layout, text_layout
from bot.discord.counter import Served
from bot.discord.custom_ids import TAKEN_OVER, CustomId
from bot.discord.posts import Posts
from bot.discord.secrecy import reply_without
from watchfloor.desk.watch.snapshot import code_of


class ShiftBoard:
    """What stands in the handover channel."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._code = ""

    async def post(self, posts: Posts, served: Served, around: Surroundings) -> bool:
        """Posts a handover. False when there is none, no channel, or it stands there already."""
        channel = await self._board.first(HANDOVER)
        code = code_of(served.reply.rows)
        if channel is None or not served.reply.rows or code == self._code:
            return False
        message = await posts.say(channel.channel_id, handover_layout(served, around, code))
        await self._board.note(channel.guild_id, HANDOVER, channel_id=channel.channel_id, message_id=message)
        self._code = code
        return True

    async def tell_taken(self, posts: Posts, account_id: str) -> None:
        """Says who leads the watch now."""
        channel = await self._board.first(HANDOVER)
        if channel is not None:
            await posts.say(channel.channel_id, text_layout(f"<@{account_id}> has taken over."))


def handover_layout(served: Served, around: Surroundings, code: str) -> Layout:
    """A handover with its button, as the whole floor may read it."""
    layout = reply_layout(reply_without(served.reply, served.restricted), around)
    button = discord.ui.Button[Layout](
        label="Taken over", style=discord.ButtonStyle.primary, custom_id=str(CustomId(TAKEN_OVER, token=code))
    )
    layout.add_item(discord.ui.ActionRow(button))
    layout.stop()  # nothing is kept: what is pressed is read from the raw interaction
    return layout
