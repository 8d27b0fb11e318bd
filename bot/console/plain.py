"""The console without a screen: commands from arguments or a pipe, answers as plain lines or JSON. For scripts."""

from collections.abc import Callable, Iterable

from bot.console import json_form
from bot.console.drawing import Pen, fault, manual, render
from bot.console.session import Session, Turn
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.config import Settings


class Plain:
    """Prints what lines lead to."""

    def __init__(
        self,
        session: Session,
        *,
        settings: Settings,
        clock: Clock,
        as_json: bool,
        width: int,
        colour: bool,
        write: Callable[[str], None],
    ) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._as_json = as_json
        self._width = width
        self._colour = colour
        self._write = write

    async def run(self, lines: Iterable[str]) -> bool:
        """Takes the lines in turn, up to `quit`. Whether everything that was asked was done."""
        is_fine = True
        for line in lines:
            turn = await self._session.take(line)
            if turn is None:
                continue
            if turn.wants_to_leave:
                break
            self._write(self._json(turn) if self._as_json else self._drawn(turn))
            is_fine = is_fine and turn.ok
        return is_fine

    def _drawn(self, turn: Turn) -> str:
        pen = Pen(now=self._clock.now(), public_url=self._settings.public_url, width=self._width)
        if turn.error is not None:
            parts = [fault(turn.error)]
        elif turn.answer is not None:
            parts = list(pen.answer(turn.answer))
        else:
            parts = [manual(turn.help_on)]
        return render(parts, width=self._width, colour=self._colour)

    def _json(self, turn: Turn) -> str:
        if turn.error is not None:
            line = json_form.of_error(turn.error)
        elif turn.answer is not None:
            line = json_form.of_answer(turn.answer)
        else:
            line = json_form.of_manual(turn.help_on)
        return f"{line}\n"
