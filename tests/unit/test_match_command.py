"""`watchfloor match`: files in, matches out, and nothing that cannot be read is passed over in silence."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.conftest import Eventually
from watchfloor.ops.cli import command_line

WHOAMI = """\
title: Whoami
id: 1a1d1f84-6f0c-4b52-9a4e-2d5b8a9c7e01
status: test
author: Somebody
license: DRL-1.1
tags: [attack.t1033]
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\\whoami.exe'}, condition: selection}
level: low
"""
NET = WHOAMI.replace("Whoami", "Net").replace("7e01", "7e02").replace("whoami.exe", "net.exe").replace("low", "high")
BURST = """\
title: Many at once
id: 1a1d1f84-6f0c-4b52-9a4e-2d5b8a9c7e03
author: Somebody
correlation:
    type: event_count
    rules: [1a1d1f84-6f0c-4b52-9a4e-2d5b8a9c7e01]
    group-by: [Computer]
    timespan: 10m
    condition: {gte: 3}
level: critical
"""
LISTED = NET.replace("7e02", "7e04").replace("Image|endswith: '\\net.exe'", "User|expand: '%admins%'")


class Match(msgspec.Struct):
    rule_id: str
    title: str
    level: str
    tags: list[str]
    author: str
    licence: str
    link: str | None
    file: str
    index: int
    line: int | None
    time: str | None
    host: str | None
    summary: str


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "whoami.yml").write_text(WHOAMI)
    (folder / "net.yml").write_text(NET)
    return folder


def sysmon(image: str = "whoami.exe", **fields: object) -> dict[str, object]:
    return {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 1,
        "Computer": "ws-17.example",
        "UtcTime": "2020-03-02 08:14:27.381",
        "Image": f"C:\\Windows\\{image}",
        **fields,
    }


def lines(events: Sequence[object]) -> bytes:
    return b"".join(msgspec.json.encode(event) + b"\n" for event in events)


def run(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(command_line, ["match", "--jobs", "1", *map(str, arguments)], input=stdin)


def found(*arguments: object, stdin: bytes = b"") -> list[Match]:
    result = run("--json", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return [msgspec.json.decode(line, type=Match) for line in result.stdout.splitlines()]


def test_a_match_says_what_where_when_and_whose_rule_it_is(tmp_path: Path, rules: Path) -> None:
    events = tmp_path / "log.jsonl"
    events.write_bytes(lines([sysmon("a.exe"), sysmon()]))
    (match,) = found(events, "--rules", rules)
    assert (match.rule_id, match.title, match.level) == ("1a1d1f84-6f0c-4b52-9a4e-2d5b8a9c7e01", "Whoami", "low")
    assert (match.tags, match.author, match.licence) == (["attack.t1033"], "Somebody", "DRL-1.1")
    assert (match.file, match.index, match.line) == (str(events), 1, 2)
    assert (match.time, match.host) == ("2020-03-02T08:14:27.381000+00:00", "ws-17.example")


def test_every_form_gives_the_same_matches(tmp_path: Path, rules: Path) -> None:
    events = [sysmon("a.exe"), sysmon(), sysmon("net.exe")]
    forms = {
        "lines": lines(events),
        "array": json.dumps(events, indent=2).encode(),
        "wrapped": json.dumps({"Records": events}).encode(),
        "packed": gzip.compress(lines(events)),
        "elastic": lines([{"_index": "x", "_source": event} for event in events]),
        "splunk": lines([{"result": {"_raw": json.dumps(event)}} for event in events]),
    }
    for name, body in forms.items():
        (tmp_path / name).write_bytes(body)
        assert [(match.title, match.index) for match in found(tmp_path / name, "--rules", rules)] == [
            ("Whoami", 1),
            ("Net", 2),
        ], name
    assert [match.file for match in found("-", "--rules", rules, stdin=lines(events))] == ["<stdin>", "<stdin>"]


def test_a_line_of_text_is_an_event_too(tmp_path: Path) -> None:
    (tmp_path / "auth.log").write_bytes(
        b"Mar  2 08:14:27 web-1 sshd[17]: Invalid user x from 203.0.113.7 port 1\nnothing\n"
    )
    rule = tmp_path / "ssh.yml"
    rule.write_text(
        NET.replace("{product: windows, category: process_creation}", "{product: linux, service: sshd}").replace(
            "selection: {Image|endswith: '\\net.exe'}", "selection: ['Invalid user']"
        )
    )
    assert [match.line for match in found(tmp_path / "auth.log", "--rules", rule)] == [1]


def test_what_is_broken_is_named_and_counted_and_the_rest_goes_on(tmp_path: Path, rules: Path) -> None:
    events = tmp_path / "log.jsonl"
    events.write_bytes(lines([sysmon()]) + b'{"a":\n' + lines([sysmon("net.exe")]))
    result = run("--json", events, "--rules", rules)
    assert result.exit_code == 0
    assert [json.loads(line)["index"] for line in result.stdout.splitlines()] == [0, 2]
    assert f"{events}: line 2: The event is not valid JSON." in result.stderr
    assert "1 record cannot be read" in result.stderr
    assert run("--strict", events, "--rules", rules).exit_code == 1


def test_a_flood_of_broken_lines_is_counted_and_not_listed(tmp_path: Path, rules: Path) -> None:
    events = tmp_path / "log.jsonl"
    events.write_bytes(lines([sysmon()]) + b"{no\n" * 1_000)
    result = run("--json", events, "--rules", rules)
    assert "980 more records cannot be read." in result.stderr
    assert len(result.stderr.splitlines()) < 40


def test_a_file_that_cannot_be_read_is_named_and_makes_the_code_1(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a.gz").write_bytes(gzip.compress(lines([sysmon()] * 50))[:-9])
    (tmp_path / "log" / "b.png").write_bytes(b"\x89PNG\r\n\0\0")
    (tmp_path / "log" / "c.jsonl").write_bytes(lines([sysmon()]))
    result = run("--json", tmp_path / "log", "--rules", rules)
    assert result.exit_code == 1
    assert "a.gz: The file cannot be read to its end" in result.stderr
    assert "b.png: This is neither an event log nor JSON nor text." in result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["file"].endswith("c.jsonl")


def test_a_rule_that_cannot_be_run_is_told_with_its_place(tmp_path: Path, rules: Path) -> None:
    (rules / "wrong.yml").write_text(NET.replace("Image|endswith", "Image|cntains"))
    (tmp_path / "log").write_bytes(lines([sysmon()]))
    result = run("--json", tmp_path / "log", "--rules", rules)
    assert result.exit_code == 0
    assert f"{rules / 'wrong.yml'}:8:" in result.stderr
    assert "1 rule cannot be run" in result.stderr
    assert run(tmp_path / "log", "--rules", rules / "wrong.yml").exit_code == 1


def test_a_list_is_needed_and_taken_from_a_file(tmp_path: Path, rules: Path) -> None:
    (rules / "listed.yml").write_text(LISTED)
    (tmp_path / "log").write_bytes(lines([sysmon("a.exe", User="Root")]))
    (tmp_path / "lists.yml").write_text("admins: [root, ad*min]\n")
    refused = run("--json", tmp_path / "log", "--rules", rules)
    assert f"{rules / 'listed.yml'}:8:" in refused.stderr
    assert "%admins% has no values" in refused.stderr
    assert refused.stdout == ""
    assert len(found(tmp_path / "log", "--rules", rules, "--lists", tmp_path / "lists.yml")) == 1
    (tmp_path / "lists.yml").write_text("- a\n")
    assert "Lists are a map" in run(tmp_path / "log", "--lists", tmp_path / "lists.yml", "--rules", rules).stderr


def test_rules_below_a_level_are_left_out(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "log").write_bytes(lines([sysmon(), sysmon("net.exe")]))
    assert [match.title for match in found(tmp_path / "log", "--rules", rules, "--level", "medium")] == ["Net"]


def test_a_correlation_counts_over_all_files_even_if_its_parts_are_below_the_level(tmp_path: Path, rules: Path) -> None:
    (rules / "burst.yml").write_text(BURST)
    times = ("08:00:00", "08:20:00", "08:24:00", "08:28:00", "09:00:00")
    for number, time in enumerate(times):
        event = sysmon(UtcTime=f"2020-03-02 {time}.000")
        (tmp_path / f"log{number}").write_bytes(lines([event]))
    logs = [tmp_path / f"log{number}" for number in range(len(times))]
    (match,) = found(*logs, "--rules", rules, "--level", "critical")
    assert (match.title, match.file, match.index) == ("Many at once", str(logs[3]), 0)
    assert len(found(*logs, "--rules", rules)) == 6


def test_the_report_groups_by_rule_and_shows_the_worst_first(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "log").write_bytes(lines([sysmon()] * 5 + [sysmon("net.exe")]))
    result = run(tmp_path / "log", "--rules", rules, "--examples", "2")
    assert result.stdout.index("Net  1 match") < result.stdout.index("Whoami  5 matches")
    assert "by Somebody · DRL-1.1" in result.stdout
    assert "and 3 more" in result.stdout
    assert "6 matches on 6 events:  1 high   5 low" in result.stderr


def test_hostile_events_and_names_reach_no_terminal(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "log\x1b[2J").write_bytes(
        lines([sysmon(CommandLine="\x1b]0;x\x07 \u202e [red]x[/] http://evil.example")])
    )
    for arguments in (["--json"], []):
        result = run(*arguments, tmp_path / "log\x1b[2J", "--rules", rules)
        assert result.exit_code == 0
        assert not set("\x1b\x07\u202e") & set(result.output)
    assert "[red]x[/]" in run(tmp_path / "log\x1b[2J", "--rules", rules).output


def test_the_result_goes_to_a_file_if_so_wished(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "log").write_bytes(lines([sysmon()]))
    result = run(tmp_path / "log", "--rules", rules, "--json", "--output", tmp_path / "out.jsonl")
    assert result.stdout == ""
    assert json.loads((tmp_path / "out.jsonl").read_text())["title"] == "Whoami"


def test_the_shared_content_is_used_without_rules_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(lines([sysmon("vssadmin.exe", CommandLine="vssadmin delete shadows /all /quiet")]))
    assert "Watchfloor" in {match.author for match in found(tmp_path / "log")}


def start(*arguments: object, stdin: int | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "watchfloor.ops.cli", "match", *map(str, arguments)],
        env={"PATH": os.environ["PATH"]},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_several_processes_give_the_same_result_in_the_same_order(tmp_path: Path, rules: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    events = [
        sysmon("net.exe" if number % 7 == 0 else "a.exe", Number=number, Padding="x" * 200) for number in range(12_000)
    ]
    (folder / "large.jsonl").write_bytes(lines(events))
    (folder / "large.json.gz").write_bytes(gzip.compress(msgspec.json.encode(events)))
    for number in range(20):
        (folder / f"small{number:02}").write_bytes(b"{no\n" * (number % 3) + lines(events[: number * 9]))
    outputs: list[tuple[bytes, list[bytes]]] = []
    for jobs in (1, 3):
        process = start(folder, "--rules", rules, "--json", "--jobs", jobs)
        out, err = process.communicate()
        assert process.returncode == 0
        outputs.append((out, [line for line in err.splitlines() if b"line " in line]))
    assert outputs[0] == outputs[1]
    assert outputs[0][0].count(b"\n") > 3_000
    last = [json.loads(line) for line in outputs[0][0].splitlines() if b"large.jsonl" in line][-1]
    assert (last["index"], last["line"]) == (11_998, 11_999)


async def test_the_processes_end_when_the_command_is_killed(rules: Path, eventually: Eventually) -> None:
    process = start("-", "--rules", rules, "--jobs", "2", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(lines([sysmon()] * 40_000))  # until there is work for a pool
    process.stdin.flush()

    def children() -> list[str]:
        return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()

    def is_gone(pid: str) -> bool:
        status = Path(f"/proc/{pid}/status")
        return not status.exists() or "State:\tZ" in status.read_text()

    await eventually(children, within=30)
    pool = children()
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    await eventually(lambda: all(map(is_gone, pool)), within=30)
    assert pool
