"""A session at the console: lines in, answers out, whatever the surface around it.

Owns which incident is in front of the reader and what each line leads to. It prints nothing.
"""

import msgspec

from bot.console.command import Command, Verb, find_verb, read
from bot.console.seat import Answer, Seat
from watchfloor.kernel.errors import WatchfloorError


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a line led to: an answer, an error, a request for help, or the wish to leave."""

    answer: Answer | None = None
    error: WatchfloorError | None = None
    help_on: Verb | None = None
    wants_help: bool = False
    wants_to_leave: bool = False

    @property
    def ok(self) -> bool:
        """Whether what was asked was done."""
        return self.error is None and (self.answer is None or self.answer.ok)


class Session:
    """One person's session."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.current: str | None = None

    async def take(self, line: str) -> Turn | None:
        """What the line leads to; None for an empty one. Errors of the tree are part of the answer."""
        try:
            command = read(line, current=self.current)
            return None if command is None else await self._do(command)
        except WatchfloorError as error:
            return Turn(error=error)

    async def _do(self, command: Command) -> Turn:
        if command.verb is Verb.QUIT:
            return Turn(wants_to_leave=True)
        if command.verb is Verb.HELP:
            return Turn(wants_help=True, help_on=find_verb(command.argument) if command.argument else None)
        answer = await self.seat.perform(command)
        if answer.card is not None:
            self.current = answer.card.ref
        return Turn(answer=answer)
