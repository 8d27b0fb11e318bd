"""A session at the console: lines in, answers out, whatever the surface around it.

Owns which incident is in front of the reader and what each line leads to. It prints nothing.
"""

import msgspec

from bot.console.command import Request, Word, read
from watchfloor.access.principal import Principal
from watchfloor.desk.front import Answer, Front, Login
from watchfloor.desk.verb import Intent
from watchfloor.kernel.errors import WatchfloorError


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a line led to: an answer, an error, a request for help, or the wish to leave."""

    answer: Answer | None = None
    error: WatchfloorError | None = None
    help_on: str = ""
    wants_help: bool = False
    wants_to_leave: bool = False

    @property
    def ok(self) -> bool:
        """Whether what was asked was done."""
        return self.error is None and (self.answer is None or self.answer.reply.ok)


class Session:
    """One person's session."""

    def __init__(self, front: Front, login: Login) -> None:
        self._front = front
        self._login = login
        self.current: str | None = None

    async def take(self, line: str) -> Turn | None:
        """What the line leads to; None for an empty one. Errors of the tree are part of the answer."""
        try:
            request = read(line, current=self.current)
            return None if request is None else await self._do(request)
        except WatchfloorError as error:
            return Turn(error=error)

    async def ask(self, intent: Intent) -> Answer:
        """What the desk answers. Raises what the desk raises."""
        return await self._front.perform(self._login, intent)

    async def principal(self) -> Principal:
        """Who sits here, as the directory says now. Raises Unauthenticated."""
        return await self._front.principal(self._login)

    async def colleagues(self) -> list[str]:
        """The mail addresses to complete from."""
        return await self._front.colleagues(self._login)

    async def _do(self, request: Request) -> Turn:
        if request.word is Word.QUIT:
            return Turn(wants_to_leave=True)
        if request.word is Word.HELP:
            return Turn(wants_help=True, help_on=request.about)
        if request.intent is None:
            return Turn(answer=await self._front.whoami(self._login))
        answer = await self.ask(request.intent)
        if answer.reply.card is not None:
            self.current = answer.reply.card.ref
        return Turn(answer=answer)
