"""The catalogue of log sources names all that events can belong to: nothing comes in that it does not list."""

from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.logsource import is_readable
from watchfloor.detect.samples import normalise_sample
from watchfloor.normalise.catalogue import LOGSOURCES, SOURCES
from watchfloor.normalise.event import UNPARSED, LogSource


def test_each_event_of_the_shared_samples_has_only_listed_log_sources() -> None:
    unlisted: dict[str, set[LogSource]] = {}
    seen = 0
    for samples in load_shared_rules().samples.values():
        for body in (*samples.fires, *samples.silent):
            event = normalise_sample(body)
            seen += 1
            assert event.source == UNPARSED or event.source in SOURCES or event.source.startswith("windows."), (
                event.source
            )
            if beyond := set(event.logsources) - LOGSOURCES:
                unlisted.setdefault(event.source, set()).update(beyond)
    assert seen > 100
    assert unlisted == {}


def test_each_shared_rule_is_for_a_log_source_that_some_parser_makes() -> None:
    rules = [rule for rule in load_shared_rules().rules if rule.correlation is None]
    assert [rule.path for rule in rules if not is_readable(rule.logsource)] == []


def test_a_log_source_is_readable_if_one_that_we_make_has_all_its_parts() -> None:
    assert is_readable(LogSource(product="windows", category="process_creation"))
    assert is_readable(LogSource(category="process_creation"))
    assert not is_readable(LogSource(product="aws", category="process_creation"))
    assert not is_readable(LogSource(product="abacus"))
