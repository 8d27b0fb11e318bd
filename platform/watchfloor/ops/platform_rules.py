"""The platform's own rules: what it raises about itself, beside what it finds in events.

They stand apart from the shared rules, because no door may bring the events that they look at.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.load import Origin, load_rules
from watchfloor.kernel.errors import Invalid


@cache
def platform_engine() -> PlainEngine:
    """The engine over the platform's rules. Raises Invalid when one of them does not load."""
    report = load_rules([Path(str(files("watchfloor.content"))) / "platform"], origin=Origin(licence="Apache-2.0"))
    if report.faults:
        raise Invalid("A rule of the platform does not load.", where=str(report.faults[0]))
    return PlainEngine(report.rules)
