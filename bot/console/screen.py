"""The console on a screen: the queue above, what was asked for below, one line to type in. It stays true by itself.

Changes are told through Valkey; without it the screen looks for itself every few seconds. What it shows is always
read from the record under the reader's own rights. Nothing that is shown is kept on disk, not even what was typed.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import ANSI, AnyFormattedText
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.containers import Float, FloatContainer, HSplit, VSplit, Window, WindowAlign
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.layout import Layout
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style
from rich.console import RenderableType
from rich.text import Text as Line

from bot.console.completion import VerbCompleter
from bot.console.drawing import BAD, DIM, GOOD, NARROW, Pen, manual, render
from bot.console.session import Session, Turn
from bot.console.watch import Watch
from watchfloor.desk.chat_state import Outage
from watchfloor.desk.display.wording import clock
from watchfloor.desk.front import Answer
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Intent
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid, WatchfloorError
from watchfloor.kernel.neutralise import Untrusted, for_terminal

STYLE: Final = Style.from_dict(
    {
        "bar": "bg:#1f2a36 #e8eaed",
        "bar.name": "bold",
        "bar.dim": "#9aa5b1",
        "bar.live": "#8fd694",
        "bar.away": "#ff8a65",
        "bar.call": "bold bg:#b3261e #ffffff",
        "rule": "#3a4754",
        "prompt": "bold #7fb8e6",
        "hint": "#9aa5b1",
        "completion-menu": "bg:#1f2a36 #e8eaed",
        "completion-menu.completion.current": "bg:#7fb8e6 #10161d",
        "completion-menu.meta.completion": "bg:#1f2a36 #9aa5b1",
        "completion-menu.meta.completion.current": "bg:#7fb8e6 #10161d",
    }
)

CHAT_SECONDS: Final = 5.0
"""How often it is seen whether the chat is there."""

_PAGE_LINES: Final = 10
_WELCOME: Final = "Type show and a reference to open an incident, help for all there is."
_HINT: Final = " Tab completes · PgUp/PgDn scroll · help · Ctrl-D leaves"


class Screen:
    """The console's screen and what happens on it."""

    def __init__(
        self,
        session: Session,
        watch: Watch,
        *,
        settings: Settings,
        clock: Clock,
        terminal_input: Input | None = None,
        terminal_output: Output | None = None,
    ) -> None:
        self._session = session
        self._watch = watch
        self._settings = settings
        self._clock = clock
        self._queue = Answer(reply=Reply(text=""))
        self._colleagues: list[str] = []
        self._who = ""
        self._pages = 0
        self._outage: Outage | None = None
        self._body: Callable[[Pen], list[RenderableType]] = lambda _: [Line(_WELCOME, style=DIM)]
        self._shows_card = False
        self._message = Line("")
        self._is_busy = False
        self._work: asyncio.Task[None] | None = None
        self._scroll = 0
        self._version = 0
        self._drawn: dict[str, tuple[object, str]] = {}
        self._input = Buffer(
            multiline=False,
            history=InMemoryHistory(),
            complete_while_typing=False,
            completer=VerbCompleter(
                references=lambda: [line.ref for line in self._queue.reply.queue],
                colleagues=lambda: self._colleagues,
            ),
        )
        self._application: Application[None] = Application(
            layout=self._layout(),
            key_bindings=self._keys(),
            style=STYLE,
            full_screen=True,
            mouse_support=False,
            refresh_interval=1.0,
            input=terminal_input,
            output=terminal_output,
        )

    async def run(self) -> None:
        """Shows the screen until the person leaves. Raises what stops the first look at the queue."""
        await self._look()
        self._colleagues = await self._session.colleagues()
        changed = asyncio.Event()
        following = asyncio.create_task(self._watch.follow(changed))
        looking = asyncio.create_task(self._look_when(changed))
        asking = asyncio.create_task(self._ask_for_chat())
        try:
            await self._application.run_async()
        finally:
            for task in (following, looking, asking):
                task.cancel()
            await asyncio.gather(following, looking, asking, return_exceptions=True)

    async def submit(self, line: str) -> None:
        """Does what a typed line asks, and shows it."""
        try:
            turn = await self._session.take(line)
        finally:
            self._is_busy = False
        if turn is not None:
            self._show(turn, line)
            await self._look_quietly()
        self._application.invalidate()

    @property
    def typed(self) -> str:
        """What stands in the input line."""
        return self._input.text

    def text(self) -> str:
        """What stands on the screen, without colours: for tests and for whoever cannot see it."""
        pen = self._pen()
        chat = Line(self._chat_away())
        parts: list[RenderableType] = [chat, self._queue_table(pen, room=None), *self._body(pen), self._message]
        return render(parts, width=self._columns(), colour=False)

    async def _look_when(self, changed: asyncio.Event) -> None:
        while True:
            await changed.wait()
            changed.clear()
            await self._look_quietly()
            self._application.invalidate()

    async def _ask_for_chat(self) -> None:
        """Sees from time to time whether the chat is there, where there should be one."""
        while self._settings.discord_token is not None:
            self._outage = await self._watch.outage()
            self._application.invalidate()
            await asyncio.sleep(CHAT_SECONDS)

    async def _look_quietly(self) -> None:
        """Reads queue and open card anew; what is wrong is told on the screen, which stays as it was."""
        try:
            await self._look()
        except WatchfloorError as error:
            self._message = Line(for_terminal(Untrusted(str(error))), style=BAD)

    async def _look(self) -> None:
        principal = await self._session.principal()
        self._who = principal.name
        self._queue = await self._session.ask(Intent(verb="queue"))
        self._pages = len((await self._session.ask(Intent(verb="pages"))).reply.rows)
        if self._shows_card and self._session.current is not None:
            card = await self._session.ask(Intent(verb="show", incident=self._session.current))
            self._body = lambda pen: list(pen.answer(card))[:-1]
        self._version += 1

    def _show(self, turn: Turn, line: str) -> None:
        self._scroll = 0
        if turn.wants_to_leave:
            self._application.exit()
        elif turn.error is not None:
            self._message = Line(for_terminal(Untrusted(str(turn.error))), style=BAD)
            if isinstance(turn.error, Invalid):
                self._input.insert_text(f"{line.strip()} ")
        elif turn.answer is not None:
            self._show_answer(turn.answer)
        else:
            self._shows_card = False
            self._body = lambda _: [manual(turn.help_on)]
            self._message = Line("")

    def _show_answer(self, answer: Answer) -> None:
        reply = answer.reply
        self._message = Line(reply.text, style=GOOD if reply.ok else BAD)
        self._shows_card = reply.card is not None and not reply.rows and not reply.offers
        if reply.card is not None or reply.rows or answer.is_queue or answer.principal is not None:
            self._body = lambda pen: list(pen.answer(answer))[:-1]

    def _pen(self) -> Pen:
        return Pen(now=self._clock.now(), public_url=self._settings.public_url, width=self._columns())

    def _queue_table(self, pen: Pen, *, room: int | None) -> RenderableType:
        return pen.queue(self._queue.reply.queue, names=self._queue.names, current=self._session.current, room=room)

    def _columns(self) -> int:
        return self._application.output.get_size().columns

    def _queue_room(self) -> int:
        return max(4, self._application.output.get_size().rows // 3 - 2)

    def _once_a_second(self, name: str, draw: Callable[[], str]) -> str:
        """Draws again only when something may look different: keys come faster than that."""
        state = (self._version, self._columns(), self._queue_room(), int(time.monotonic()), self._scroll, self._body)
        if self._drawn.get(name, (None, ""))[0] != state:
            self._drawn[name] = (state, draw())
        return self._drawn[name][1]

    def _queue_text(self) -> AnyFormattedText:
        def draw() -> str:
            table = self._queue_table(self._pen(), room=self._queue_room())
            return render([table], width=self._columns(), colour=True).rstrip("\n")

        return ANSI(self._once_a_second("queue", draw))

    def _body_text(self) -> AnyFormattedText:
        def draw() -> str:
            lines = render(self._body(self._pen()), width=self._columns(), colour=True).splitlines()
            self._scroll = min(self._scroll, max(len(lines) - 3, 0))
            return "\n".join(lines[self._scroll :])

        return ANSI(self._once_a_second("body", draw))

    def _message_text(self) -> AnyFormattedText:
        shown = Line("working …", style=DIM) if self._is_busy else self._message
        return ANSI(" " + render([shown], width=max(self._columns() - 1, 20), colour=True).rstrip("\n"))

    def _bar_left(self) -> AnyFormattedText:
        operator = "" if self._columns() < NARROW else for_terminal(Untrusted(self._settings.operator_name), limit=60)
        return [("class:bar.name", " Watchfloor "), ("class:bar.dim", f" {operator}")]

    def _bar_right(self) -> AnyFormattedText:
        live = ("class:bar.live", "● live") if self._watch.is_live else ("class:bar.away", "○ looking every 5 s")
        who = for_terminal(Untrusted(self._who), limit=60)
        now = "" if self._columns() < NARROW else f"{self._clock.now():%H:%M:%S} UTC"
        calls = f"▲ {self._pages} page{'s' * (self._pages != 1)} unanswered   " if self._pages else ""
        return [
            ("class:bar.call", calls),
            ("class:bar.away", self._chat_away()),
            ("", f"{self._queue.reply.text}   "),
            live,
            ("", f"   {who}   "),
            ("class:bar.dim", f"{now} "),
        ]

    def _chat_away(self) -> str:
        """That the chat is down, and since when; nothing while it is there, or was never set up."""
        if self._outage is None:
            return ""
        since = self._outage.since
        told = "" if since is None else f" since {clock(since, now=self._clock.now())}"
        return f"○ chat is down{told}   "

    def _prompt(self) -> AnyFormattedText:
        return [("class:prompt", f" {self._session.current or 'desk'} ▸ ")]

    def _layout(self) -> Layout:
        def rule() -> Window:
            return Window(height=1, char="─", style="class:rule")

        def queue_height() -> int:
            return min(len(self._queue.reply.queue), self._queue_room()) + 2

        bar = VSplit(
            [
                Window(FormattedTextControl(self._bar_left), style="class:bar", height=1, dont_extend_width=True),
                Window(FormattedTextControl(self._bar_right), style="class:bar", height=1, align=WindowAlign.RIGHT),
            ]
        )
        field = Window(BufferControl(self._input, input_processors=[BeforeInput(self._prompt)]), height=1)
        page = HSplit(
            [
                bar,
                Window(FormattedTextControl(self._queue_text), height=queue_height),
                rule(),
                Window(FormattedTextControl(self._body_text)),
                rule(),
                Window(FormattedTextControl(self._message_text), dont_extend_height=True),
                field,
                Window(FormattedTextControl([("class:hint", _HINT)]), height=1),
            ]
        )
        menu = Float(CompletionsMenu(max_height=8), xcursor=True, ycursor=True)
        return Layout(FloatContainer(page, [menu]), focused_element=field)

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add("enter")(self._enter)
        keys.add("tab")(self._complete)
        keys.add("c-c")(self._clear)
        keys.add("c-d")(self._leave)
        keys.add("pagedown")(self._page_down)
        keys.add("pageup")(self._page_up)
        return keys

    def _enter(self, event: KeyPressEvent) -> None:
        state = self._input.complete_state
        if state is not None and state.current_completion is not None:
            self._input.complete_state = None
        elif not self._is_busy:
            line = self._input.text
            self._input.append_to_history()
            self._input.reset()
            self._is_busy = True
            self._work = event.app.create_background_task(self.submit(line))

    def _complete(self, _: KeyPressEvent) -> None:
        if self._input.complete_state is None:
            self._input.start_completion(insert_common_part=True)
        else:
            self._input.complete_next()

    def _leave(self, event: KeyPressEvent) -> None:
        if not self._input.text:
            event.app.exit()

    def _clear(self, _: KeyPressEvent) -> None:
        self._input.reset()

    def _page_down(self, _: KeyPressEvent) -> None:
        self._scroll += _PAGE_LINES

    def _page_up(self, _: KeyPressEvent) -> None:
        self._scroll = max(self._scroll - _PAGE_LINES, 0)
