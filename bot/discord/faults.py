"""What a request to Discord can end with besides an answer. It asks for nothing itself."""

from typing import Final

import aiohttp
import discord

FAULTS: Final = (
    discord.DiscordException,
    aiohttp.ClientError,  # a connection that ends in the middle is no OSError
    OSError,
    TimeoutError,
)
"""Faults of Discord, of its limits, and of the way there. What failed by one of them can be tried again."""
