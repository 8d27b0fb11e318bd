"""Whether a filter that somebody wrote says what was done: what it does not say clearly counts as not said."""

from typing import Final

import pytest

from watchfloor.alerts.overlay.flow.by_hand import says_what
from watchfloor.detect.filters import hidden_by, parse_filter

FILTER: Final = """\
title: By hand
logsource: {{product: windows, category: process_creation}}
filter:
    rules: any
    {body}
"""


def says(body: str) -> bool:
    return says_what(hidden_by(parse_filter(FILTER.format(body=body))))


@pytest.mark.parametrize(
    "body",
    [
        "selection: {Image: 'C:\\backup\\pack.exe', Computer: ws-1}\n    condition: selection",
        "selection: {Image|endswith: '\\pack.exe'}\n    condition: selection",
        "selection: {LogonType: 3, Computer: ws-1}\n    condition: selection",
        "a: {CommandLine|contains: pack}\n    b: {Image: C:\\x.exe}\n    condition: a or b",
        "a: {CommandLine|contains: pack}\n    b: {Computer: ws-1}\n    condition: a and not b",
    ],
)
def test_a_filter_that_names_a_program_or_a_detail_says_what(body: str) -> None:
    assert says(body)


@pytest.mark.parametrize(
    "body",
    [
        "selection: {Computer: ws-1}\n    condition: selection",
        "selection: {User: kim, IpAddress: 10.0.0.7}\n    condition: selection",
        "selection: {EventID: 1, Computer: ws-1}\n    condition: selection",
        "selection: {Image: 'C*', Computer: ws-1}\n    condition: selection",
        "selection: {Image|re: '.+exe', Computer: ws-1}\n    condition: selection",
        "selection: {Image|expand: '%programs%', Computer: ws-1}\n    condition: selection",
        "a: {CommandLine|contains: pack}\n    b: {Computer: ws-1}\n    condition: a or b",
        "a: {Computer: ws-1}\n    b: {Image: C:\\x.exe}\n    condition: a and not b",
        "selection: [{Image: 'C:\\x.exe'}, {Computer: ws-1}]\n    condition: selection",
    ],
)
def test_a_filter_that_can_be_met_without_says_nothing(body: str) -> None:
    assert not says(body)
