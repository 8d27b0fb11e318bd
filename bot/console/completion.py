"""What the Tab key offers: verbs, then the references in the queue, then what the verb takes."""

from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.console.command import MANUAL, QUEUES, TAKES_REFERENCE, Verb, find_verb
from bot.console.words import VERDICTS
from watchfloor.kernel.errors import Invalid

LANGUAGES = ("en", "de")


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
        verbs = [(str(verb), entry.does) for verb, entry in MANUAL.items()]
        if not before:
            return verbs
        try:
            verb = find_verb(before[0])
        except Invalid:
            return []
        if len(before) == 1:
            first = {Verb.QUEUE: [(name, "") for name in QUEUES], Verb.HELP: verbs}
            references = [(reference, "") for reference in self._references()] if verb in TAKES_REFERENCE else []
            return [*first.get(verb, self._arguments(verb)), *references]
        return self._arguments(verb) if len(before) == 2 and "-" in before[1] else []

    def _arguments(self, verb: Verb) -> list[tuple[str, str]]:
        if verb is Verb.ASSIGN:
            return [("me", "yourself"), *((address, "") for address in self._colleagues())]
        if verb is Verb.VERDICT:
            return [(name, words) for name, words in VERDICTS.items()]
        if verb is Verb.REPORT:
            return [(language, "") for language in LANGUAGES]
        return []
