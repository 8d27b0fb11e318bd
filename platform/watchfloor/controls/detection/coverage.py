"""E16 detection coverage and E17 detection tests, of the rules that hold in the tenant now.

Which rules were switched off earlier is in the log and not counted: rules are judged as they are, log sources as they
came in over the period.
"""

from functools import lru_cache

from watchfloor.controls.detection import queries
from watchfloor.controls.measurement import Content, Measurement, Member, Scene, nothing, share
from watchfloor.controls.result import DeviationCode
from watchfloor.detect.attack import attack
from watchfloor.detect.coverage import Reach, cover, reach_of_all
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.rule import Rule
from watchfloor.detect.samples import check_samples
from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import LogSource


def content_of(rules: tuple[Rule, ...]) -> Content:
    """The rules of an installation, with those of the shared content whose samples all come out right.

    Rules from elsewhere bring no samples of ours. The first call runs every sample, in a second or so.
    """
    return Content(rules=rules, proven=_proven())


@lru_cache(maxsize=1)
def _proven() -> frozenset[str]:
    shared = load_shared_rules()
    failed = {fault.rule_id for fault in check_samples(shared.rules, shared.samples)}
    return frozenset(rule_id for rule_id, samples in shared.samples.items() if samples.fires and rule_id not in failed)


async def measure(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of techniques that a rule with data looks for, and of rules in force that are proven by samples."""
    content = scene.beside.content
    if content is None:
        return [nothing(scene, "E16", "techniques", "no_source"), nothing(scene, "E17", "rules_tested", "no_source")]
    off = await queries.select_off(tx)
    sources = await queries.select_sources(tx, first=scene.period.first, until=scene.period.until)
    seen = [
        LogSource(product=row.product or None, category=row.category or None, service=row.service or None)
        for row in sources
    ]
    coverage = cover(content.rules, seen=seen, attack=attack(), off=off)
    reaches = reach_of_all(content.rules, seen=seen, off=off)
    in_force = _in_force(content.rules, reaches)
    techniques = [
        Member(id=one.id, codes=() if one.ready else _why(one.id, content.rules, reaches))
        for one in coverage.techniques.values()
    ]
    tested = [Member(id=rule.id, codes=() if rule.id in content.proven else ("no_test",)) for rule in in_force]
    return [share(scene, "E16", "techniques", techniques), share(scene, "E17", "rules_tested", tested)]


def _in_force(rules: tuple[Rule, ...], reaches: dict[str, Reach]) -> list[Rule]:
    return [rule for rule in rules if rule.alerts and reaches[rule.id] != "off"]


def _why(technique: str, rules: tuple[Rule, ...], reaches: dict[str, Reach]) -> tuple[DeviationCode, ...]:
    own = [rule for rule in rules if rule.alerts and technique in rule.techniques]
    return ("no_rule",) if own and all(reaches[rule.id] == "off" for rule in own) else ("no_data_source",)
