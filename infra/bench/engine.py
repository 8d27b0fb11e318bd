"""Measures the detection engine: from JSON bytes to matches, on one core, cold.

    python infra/bench/engine.py [events]

Needs the public rules and events beside the repository (`../shared/data`). All rates are events per second of CPU in
one process; the ratios are what counts, as machines differ: each stands beside the rate of `msgspec.json.decode` alone
on the same bytes, in the same run. The engine is opened from its compiled form, and what it has not seen before counts
as cold. Of the stream every tenth event is left out: those were counted for the choice of needles (`infra/census.py`).
"""

import gzip
import lzma
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import msgspec

from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.load import load_rules
from watchfloor.detect.prefilter.artifact import compile_frames, open_frames
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.prefilter.lines import LineMatcher
from watchfloor.detect.rule import Rule
from watchfloor.detect.samples import normalise_sample

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
FOLDERS: Final = ("rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance")
PLAIN_EVENTS: Final = 4_000
PROCESS_EVENTS: Final = 40_000
FEW_RULES: Final = 300
PAUSE_SECONDS: Final = 0.05
"""What one event may take at most."""

PROCESS_EVENT: Final = (b'"EventID":4688,', b'"EventID":1,"Channel":"Microsoft-Windows-Sysmon')
REPEATED: Final = ("a", "A=", "^", "\\", "(", " \t", "0x41,", "`")
REPEATED_BYTES: Final = 60_000

Lines = Sequence[bytes]
Result = TypeVar("Result")


def main(events: int) -> None:
    """Prints all figures."""
    rules = load_rules([DATA / "sigmahq" / folder for folder in FOLDERS]).rules
    windows = [rule for rule in rules if rule.logsource.product in {None, "windows"}]
    say(f"{len(rules):,} rules of SigmaHQ, {len(windows):,} of them look at Windows")
    frames = start(rules)
    stream, expected = mixed(events)
    attacks = [line for line, matched in zip(stream, expected, strict=True) if matched]
    quiet = [line for line, matched in zip(stream, expected, strict=True) if not matched]
    decoding = decode_rate(stream)
    say(
        f"windows-mixed, {len(stream):,} events of {sum(map(len, stream)) // len(stream):,} bytes, {len(attacks):,} hit"
    )
    plain = plain_rate(windows, stream[:: max(1, len(stream) // PLAIN_EVENTS)])
    cold, warm = fresh(frames, stream)
    say(f"  msgspec.json.decode alone   {decoding:>9,.0f}/s")
    say(f"  plain predicates            {plain:>9,.0f}/s   decoding x{plain / decoding:.4f}")
    say(f"  prefiltered, cold           {cold:>9,.0f}/s   decoding x{cold / decoding:.2f}   plain x{cold / plain:.0f}")
    say(f"  prefiltered, the same again {warm:>9,.0f}/s   decoding x{warm / decoding:.2f}   plain x{warm / plain:.0f}")
    processes = process_creations(stream)
    decoding = decode_rate(processes)
    cold, warm = fresh(frames, processes)
    say(f"process creations only, {len(processes):,} distinct of {mean_bytes(processes):,} bytes")
    say(f"  msgspec.json.decode alone   {decoding:>9,.0f}/s")
    say(f"  prefiltered, cold           {cold:>9,.0f}/s   decoding x{cold / decoding:.3f}")
    growth(windows, stream)
    for percent in (0, 1, 5, 20):
        share = with_attacks(quiet, attacks, percent)
        say(f"  {percent:>2} % attack events           {fresh(frames, share)[0]:>9,.0f}/s")
    scaling(frames, stream)
    redos(windows)


def start(rules: Sequence[Rule]) -> list[bytes]:
    """Compiles and opens the rules, and prints what both take."""
    frames, compiling = timed(lambda: list(compile_frames(rules)))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        opening, mebibytes = pool.apply(open_alone, (frames,))
    say(f"cold compile {compiling:.1f} s, {sum(map(len, frames)) / 2**20:.0f} MiB on disk")
    say(f"start from the compiled form {opening:.2f} s; resident then {mebibytes:.0f} MiB")
    return frames


def open_alone(frames: list[bytes]) -> tuple[float, float]:
    """Opens an engine in a process of its own: seconds of CPU, and what all of it then occupies in MiB."""
    engine, seconds = timed(lambda: opened(frames))
    frames.clear()
    return seconds, resident() if engine.rules else 0.0


def opened(frames: list[bytes]) -> PrefilteredEngine:
    """An engine as a pipeline opens it, with nothing left to do but match."""
    engine = open_frames(frames)
    engine.open_all()
    return engine


def resident() -> float:
    """The resident memory of the process in MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def mixed(events: int) -> tuple[list[bytes], list[bool]]:
    """The stream without the counted tenth, and whether the reference matched anything."""
    folder = DATA / "events" / "windows-mixed"
    lines = lzma.decompress((folder / "events.jsonl.xz").read_bytes()).splitlines()
    references = gzip.decompress((folder / "reference-matches.jsonl.gz").read_bytes()).splitlines()
    kept = [number for number in range(len(lines)) if number % 10][:events]
    return [lines[number] for number in kept], [references[number] != b"[]" for number in kept]


def mean_bytes(lines: Lines) -> int:
    """How long a line is on average."""
    return sum(map(len, lines)) // len(lines)


def fresh(frames: list[bytes], lines: Lines) -> tuple[float, float]:
    """The rate of an engine that was just opened, and of the same events a second time."""
    matcher = LineMatcher(opened(frames), normalise_sample)
    return rate(lambda: matcher.match(lines), lines), rate(lambda: matcher.match(lines), lines)


def decode_rate(lines: Lines) -> float:
    """Events per second when they are only decoded."""

    def decode() -> None:
        for line in lines:
            msgspec.json.decode(line)

    return rate(decode, lines)


def plain_rate(rules: Sequence[Rule], lines: Lines) -> float:
    """The rate of compiled predicates, rule by rule, from JSON bytes."""
    engine = PlainEngine(rules)
    engine.match([normalise_sample(line) for line in lines[:100]])
    return rate(lambda: engine.match([normalise_sample(line) for line in lines]), lines)


def process_creations(stream: Lines) -> list[bytes]:
    """Process creations out of the stream, over and over, each with values of its own."""
    found = [line for line in stream if any(kind in line for kind in PROCESS_EVENT)]
    chance = Random(4688)  # noqa: S311 - the same values each time
    lines: list[bytes] = []
    for number, line in enumerate(islice(cycle(found), PROCESS_EVENTS)):
        event = msgspec.json.decode(line, type=dict[str, object])
        for name in ("CommandLine", "ParentCommandLine"):
            if isinstance(event.get(name), str):
                event[name] = f"{event[name]} {chance.randrange(2**48):012x}"
        event["EventRecordID"] = number
        lines.append(msgspec.json.encode(event))
    return lines


def growth(rules: Sequence[Rule], stream: Lines) -> None:
    """Prints the rate with few rules and with all."""
    few = list(rules)
    Random(300).shuffle(few)  # noqa: S311 - the same rules each time
    small = fresh(list(compile_frames(few[:FEW_RULES])), stream)[0]
    large = fresh(list(compile_frames(rules)), stream)[0]
    say(f"  {FEW_RULES} rules {small:,.0f}/s, {len(rules):,} rules {large:,.0f}/s: x{small / large:.2f}")


def with_attacks(quiet: Lines, attacks: Lines, percent: int) -> list[bytes]:
    """A stream of which so many in a hundred events are hit."""
    few = max(len(quiet) // 2, 1)
    wanted = few * percent // 100
    lines = [*quiet[: few - wanted], *islice(cycle(attacks), wanted)]
    Random(percent).shuffle(lines)  # noqa: S311 - the same order each time
    return lines


def scaling(frames: list[bytes], stream: Lines) -> None:
    """Prints what two processes do together, by the wall clock, beside one."""
    one = together(1, frames, stream)
    two = together(2, frames, stream)
    say(f"  two processes {two:,.0f}/s, one {one:,.0f}/s by the wall clock: x{two / one:.2f}")


def together(processes: int, frames: list[bytes], stream: Lines) -> float:
    """Events per second of all processes together."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(processes + 1), context.Barrier(processes + 1)

    def work() -> None:
        matcher = LineMatcher(opened(frames), normalise_sample)
        ready.wait()
        matcher.match(stream)
        go.wait()

    workers = [context.Process(target=work) for _ in range(processes)]
    for worker in workers:
        worker.start()
    ready.wait()
    began = time.perf_counter()
    go.wait()
    took = time.perf_counter() - began
    for worker in workers:
        worker.join()
    return processes * len(stream) / took


def redos(rules: Sequence[Rule]) -> None:
    """Prints what the worst event for regular expressions takes: long runs of what they repeat."""
    matcher = LineMatcher(PrefilteredEngine(rules), normalise_sample)
    worst = 0.0
    for text in (
        "a" * 60_000,
        "A=" * 30_000,
        "^" * 60_000,
        "\\" * 30_000,
        "(" * 30_000,
        " \t" * 30_000,
        "0x41," * 10_000,
    ):
        for channel, number, field in (
            ("Microsoft-Windows-Sysmon/Operational", 1, "CommandLine"),
            ("Microsoft-Windows-PowerShell/Operational", 4104, "ScriptBlockText"),
        ):
            line = msgspec.json.encode({"EventID": number, "Channel": channel, field: f"cmd powershell {text}! -enc"})
            matcher.match([line])
            worst = max(worst, 1 / rate(partial(matcher.match, [line]), [line]))
    say(f"worst event of a corpus against regular expressions {1000 * worst:.1f} ms")


def rate(work: Callable[[], object], lines: Lines) -> float:
    """Events per second of CPU."""
    return len(lines) / timed(work)[1]


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What work gives, and its seconds of CPU."""
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


def say(line: str) -> None:
    """Prints a figure at once."""
    print(line, flush=True)  # noqa: T201 - a program for a terminal


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
