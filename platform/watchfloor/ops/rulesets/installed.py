"""The rules of an installation: the shared content and the sets that were imported.

A set's files are held against its manifest: what was changed by hand is not run, and said so.
"""

from hashlib import sha256
from pathlib import Path

import msgspec

from watchfloor.alerts.overlay.catalogue import Catalogue
from watchfloor.detect.load import Origin, load_rules, load_shared_rules, shared_folder
from watchfloor.detect.rule import LoadReport, Rule, RuleFault, Samples
from watchfloor.kernel.config import Settings
from watchfloor.ops.rulesets.manifest import Manifest, hash_files, manifests


def load_ruleset(settings: Settings) -> LoadReport:
    """All rules of the installation, the shared content first. `Rule.path` begins with the set's name.

    A rule whose id is taken already is a fault, as is a file that is not as it was imported. Raises Invalid for a
    broken manifest.
    """
    shared = load_shared_rules()
    rules: dict[str, Rule] = {rule.id: rule for rule in shared.rules}
    faults: list[RuleFault] = list(shared.faults)
    samples: dict[str, Samples] = dict(shared.samples)
    for folder, manifest in manifests(settings.home):
        loaded = _load_set(folder, manifest)
        faults += loaded.faults
        for rule in loaded.rules:
            earlier = rules.setdefault(rule.id, rule)
            if earlier is not rule:
                faults.append(_fault(rule.path, f"The rule {earlier.path} has this id too."))
            else:
                samples[rule.id] = loaded.samples[rule.id]
    return LoadReport(rules=tuple(rules.values()), faults=tuple(faults), samples=samples)


def ruleset_stamp(settings: Settings) -> str:
    """A hash that changes when an import does, cheap enough to be asked for each second: reads manifests only."""
    digest = sha256()
    for _, manifest in manifests(settings.home):
        digest.update(f"{manifest.name}/{manifest.folder}\n".encode())
    return digest.hexdigest()


def catalogue(settings: Settings) -> Catalogue:
    """The rules of the installation, for people to name."""
    return Catalogue(lambda: load_ruleset(settings), lambda: (shared_stamp(), ruleset_stamp(settings)))


def shared_stamp() -> frozenset[tuple[str, int, int]]:
    """What changes when a file of the shared content does: names, times and sizes."""
    states = ((file, file.stat()) for file in shared_folder().rglob("*.y*ml"))
    return frozenset((str(file), state.st_mtime_ns, state.st_size) for file, state in states)


def _load_set(folder: Path, manifest: Manifest) -> LoadReport:
    place = folder / manifest.folder
    found = hash_files(place)
    changed = {path for path in found.keys() | manifest.files.keys() if found.get(path) != manifest.files.get(path)}
    loaded = load_rules([place], origin=Origin(licence=manifest.licence, link_base=manifest.link_base))
    faults = [_fault(f"{manifest.name}/{path}", "The file is not as it was imported.") for path in sorted(changed)]
    faults += [msgspec.structs.replace(fault, file=f"{manifest.name}/{fault.file}") for fault in loaded.faults]
    rules = tuple(
        msgspec.structs.replace(rule, path=f"{manifest.name}/{rule.path}")
        for rule in loaded.rules
        if rule.path not in changed
    )
    return LoadReport(rules=rules, faults=tuple(faults), samples=loaded.samples)


def _fault(file: str, reason: str) -> RuleFault:
    return RuleFault(file=file, line=1, column=1, reason=reason)
