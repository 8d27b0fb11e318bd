"""What the Tab key offers: verbs, then the references in the queue, then what the verb takes."""

from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.console.command import MANUAL, Word
from watchfloor.desk.line import find_verb
from watchfloor.desk.verb import Field, Verb
from watchfloor.kernel.errors import Invalid


class VerbCompleter(Completer):
    """Completes from what is on the screen. It asks no server, so it is never late."""

    def __init__(self, *, references: Callable[[], Sequence[str]], colleagues: Callable[[], Sequence[str]]) -> None:
        self._references = references
        self._colleagues = colleagues

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What can follow what stands before the cursor."""
        del complete_event
        words = document.text_before_cursor.lstrip().split(" ")
        *before, word = [w for w in words[:-1] if w] + [words[-1]]
        for choice, meaning in self._choices(before):
            if choice.lower().startswith(word.lower()):
                yield Completion(choice, start_position=-len(word), display_meta=meaning)

    def _choices(self, before: Sequence[str]) -> list[tuple[str, str]]:
        entries = [(entry.name, entry.does) for entry in MANUAL]
        if not before:
            return entries
        if before[0].lower() == Word.HELP:
            return entries if len(before) == 1 else []
        try:
            verb = find_verb(before[0])
        except Invalid:
            return []
        given = before[1:]
        takes_incident = verb.reach == "incident"
        if takes_incident and given and "-" in given[0]:
            return self._of_field(verb, len(given) - 1)
        references = [(reference, "") for reference in self._references()] if takes_incident and not given else []
        return [*self._of_field(verb, len(given)), *references]

    def _of_field(self, verb: Verb, number: int) -> list[tuple[str, str]]:
        return self._values(verb.fields[number]) if number < len(verb.fields) else []

    def _values(self, field: Field) -> list[tuple[str, str]]:
        match field.kind:
            case "colleague":
                return [("me", "yourself"), *((address, "") for address in self._colleagues())]
            case "incident":
                return [(reference, "") for reference in self._references()]
            case "duration":
                return [(length, "") for length in ("30m", "1h", "4h", "1d")]
            case _:
                return [(choice.value, choice.label) for choice in field.choices]
