"""Reading bundles: what is allowed, and every fault at its place, all at once."""

import json
from pathlib import Path
from typing import Final

import pytest

from tenants.bundle import Bundle, days, json_schema, seconds
from tenants.faults import BundleFaults, nearest
from tenants.rules import PlacedBundle, read_bundles
from watchfloor.kernel.errors import NotFound

DEMO: Final = Path(__file__).parents[2] / "tenants" / "demo"

SMALLEST: Final = """\
slug: nord
code: NORD
name: Nord AG
language: de
time_zone: Europe/Berlin
contacts:
  - {name: Kim, email: kim@nord.example, purposes: [incidents]}
"""


def write(directory: Path, text: str, name: str = "nord.yaml") -> Path:
    """A bundle as a file."""
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def read(directory: Path, text: str) -> Bundle:
    """The one bundle in a text."""
    (placed,) = read_bundles(write(directory, text))
    return placed.bundle


def faults(directory: Path, text: str) -> list[str]:
    """The faults of a text, each as `line:column: message remedy`."""
    path = write(directory, text)
    with pytest.raises(BundleFaults) as refused:
        read_bundles(path)
    return [str(fault).removeprefix(f"{path}:") for fault in refused.value.faults]


def test_the_smallest_bundle_gets_cautious_defaults(tmp_path: Path) -> None:
    bundle = read(tmp_path, SMALLEST)
    assert (bundle.kind, bundle.members, bundle.feeds) == ("customer", None, [])
    assert bundle.chat.detail == "ref"
    assert "preapproved" not in {getattr(bundle.response, name) for name in bundle.response.__struct_fields__}
    assert bundle.sla.acknowledge.of("critical") == 15 * 60
    assert bundle.retention.events == "365d"


def test_the_demo_bundles_are_sound_and_begin_with_the_operator() -> None:
    found = read_bundles(DEMO)
    assert [placed.bundle.slug for placed in found] == ["operator", "brightwell", "nordkai"]
    assert {placed.bundle.kind for placed in found[1:]} == {"customer"}
    doors = {feed.door for placed in found[1:] for feed in placed.bundle.feeds}
    assert doors == {"hec", "ndjson", "bulk", "otlp", "syslog"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("slug: Nord", "1:7: slug: 'Nord' is not a slug"),
        ("slug: operator-\n", "1:7: slug: 'operator-' is not a slug"),
        ("slug: 12\n", "1:7: slug: 12 is not text (put it in quotes)."),
        ("slug: |\n  nord\n", "1:7: slug: 'nord\\n' is not a slug"),
        ("slug: [nord]\n", "1:7: slug: a list is not a single value."),
        ("slug: {nord: 1}\n", "1:7: slug: a mapping is not a single value."),
        ("slug:\n", "1:1: slug is empty; it must be text (put it in quotes)."),
        ("slug: " + "x" * 5000, "1:7: slug: 'xxxxx"),
    ],
)
def test_a_wrong_value_is_shown_where_it_stands(tmp_path: Path, change: str, fault: str) -> None:
    found = faults(tmp_path, SMALLEST.replace("slug: nord\n", change.rstrip("\n") + "\n"))
    assert len(found) == 1
    assert found[0].startswith(fault)
    assert len(found[0]) < 200


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("nmae: x", "8:1: the bundle has no key 'nmae'. Did you mean name?"),
        ("timezone: x", "8:1: the bundle has no key 'timezone'. Did you mean time_zone?"),
        ("qqq: x", "8:1: the bundle has no key 'qqq'. The keys are slug, code, name,"),
        ("chat: {detial: ref}", "8:8: chat has no key 'detial'. Did you mean detail?"),
        ("chat: {detail: all}", "8:16: chat.detail: 'all' is not one of ref, masked, full."),
        ("chat: ref", "8:7: chat: 'ref' is not keys and values."),
        ("chat: [ref]", "8:7: chat: a list is not keys and values."),
        ("feeds: {windows: hec}", "8:8: feeds: a mapping is not a list."),
        (
            "feeds: [{name: windows, door: hecc}]",
            "8:31: feeds[1].door: 'hecc' is not one of hec, ndjson, bulk, otlp, syslog, relp, osquery. Did you mean",
        ),
        ("feeds: [{name: windows}]", "8:9: feeds[1] has no door. Add it."),
        ("feeds: [{name: Windows, door: hec}]", "8:16: feeds[1].name: 'Windows' is not a feed's name"),
        ("retention: {events: 99y}", "8:21: retention.events: 99y is longer than ten years."),
        ("retention: {events: 90}", "8:21: retention.events: 90 is not text (put it in quotes)."),
        ("retention: {events: 90 days}", "8:21: retention.events: '90 days' is not a number of days or years"),
        ("frameworks: [gdrp]", "8:14: frameworks[1]: 'gdrp' is not one of gdpr,"),
        ("frameworks: [gdpr, gdpr]", "8:20: frameworks[2] says the same as frameworks[1]. Remove one."),
        ("members: [{email: a.example, role: admin}]", "8:19: members[1].email: 'a.example' is not an e-mail address."),
        ("members: [{email: a@b.example, role: king}]", "8:38: members[1].role: 'king' is not one of viewer,"),
        (
            "members: [{email: a@b.example, role: platform_admin}]",
            "8:38: The role platform_admin means nothing in a tenant of kind customer. Use one of admin,",
        ),
        (
            "members: [{email: a@b.example, role: admin}, {email: A@B.example, role: admin}]",
            "8:54: members[2] says the same as members[1]. Remove one.",
        ),
        (
            "feeds: [{name: a, door: hec}, {name: a, door: ndjson}]",
            "8:38: feeds[2] says the same as feeds[1]. Remove one.",
        ),
        ("sla: {business_hours: {begin: '18:00', end: '08:00'}}", "8:45: The business hours end before they begin."),
        (
            "sla: {business_hours: {on: {fri: {begin: '14:00', end: '08:00'}}}}",
            "8:56: The business hours of fri end before they begin.",
        ),
        ("sla: {business_hours: {end: '24:01'}}", "8:29: sla.business_hours.end: '24:01' is not a time of day"),
        ("sla: {business_hours: {closed: ['2027-02-30']}}", "8:33: There is no day 2027-02-30."),
        (
            "sla: {business_hours: {holidays: {country: DE, subdivision: XX}}}",
            "8:34: No public holidays are known of DE-XX.",
        ),
        ("sla: {business_hours: {days: []}}", "8:30: sla.business_hours.days: a list is not long enough: it needs 1"),
        ("sla: {business_hours: {begin: 25:00}}", "8:31: sla.business_hours.begin: '25:00' is not a time of day"),
        (
            "sla: {resolve: {critical: 5m, high: 8h, medium: 2d, low: 5d, informational: 10d}}",
            "8:27: A critical incident would have to be resolved before it is acknowledged.",
        ),
        ("response: {isolate_host: auto}", "8:26: response.isolate_host: 'auto' is not one of never, customer,"),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(tmp_path: Path, line: str, fault: str) -> None:
    found = faults(tmp_path, SMALLEST + line + "\n")
    assert len(found) == 1, found
    assert found[0].startswith(fault)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1:1: The file is empty."),
        ("# nothing\n", "1:1: The file is empty."),
        ("a: [1\nb: 2\n", "2:2: This is not YAML: expected ',' or ']'"),
        ("slug: x\n name: y\n", "2:6: This is not YAML: mapping values are not allowed here."),
        ("slug:\tx\n\t- y\n", "1:6: This is not YAML: found character"),
        ("- a\n- b\n", "1:1: the bundle: a list is not keys and values."),
        ("just text\n", "1:1: the bundle: 'just text' is not keys and values."),
        ("slug: a\n---\nslug: b\n", "2:1: This is not YAML: but found another document"),
        ("slug: *a\n", "1:7: This is not YAML: found undefined alias"),
        ("slug: a\x07b\n", "1:8: There is a character here that a text file may not hold. Remove it."),
        ("[" * 30_000, "1:1: The file is nested too deeply."),
    ],
)
def test_a_file_that_is_no_bundle_at_all_gets_a_clear_answer(tmp_path: Path, text: str, fault: str) -> None:
    found = faults(tmp_path, text)
    assert found[0].startswith(fault)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SMALLEST + "chat: &c {detail: ref}\nresponse: *c\n", "8:7: Aliases (*name) are not allowed. Write the value"),
        (SMALLEST + "slug: again\n", "8:1: The key slug stands here already, in line 1."),
        (SMALLEST + "chat: {detail: !python/object:os.system ref}\n", "8:16: Tags (!python/object:os.system) are not"),
        (SMALLEST + "? [a]\n: b\n", "8:3: A key must be text."),
        (SMALLEST + "1: b\n", "8:1: A key must be text."),
    ],
)
def test_what_makes_a_file_mean_more_than_it_shows_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(tmp_path, text))


def test_an_alias_bomb_is_refused_without_being_unfolded(tmp_path: Path) -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    found = faults(tmp_path, "\n".join(layers))
    assert len(found) < 200


def test_a_file_that_is_too_large_or_not_text_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, "#" * 1_000_001)[0].startswith("1:1: The file is larger than 1,000,000 bytes.")
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"slug: nord\nname: Kr\xe4mer\n")
    with pytest.raises(BundleFaults, match=r"latin\.yaml:2:1: The file is not UTF-8 text\. Save it as UTF-8\."):
        read_bundles(path)


def test_all_faults_of_all_files_are_told_at_once_in_order(tmp_path: Path) -> None:
    write(tmp_path, SMALLEST.replace("Europe/Berlin", "Europe/Berln") + "chat: {detail: all}\nnope: 1\n", "a.yaml")
    write(tmp_path, "slug: [\n", "b.yml")
    write(tmp_path, SMALLEST.replace("[incidents]", "[privacy]"), "c.yaml")
    with pytest.raises(BundleFaults) as refused:
        read_bundles(tmp_path)
    told = [(Path(fault.place.file).name, fault.place.line, fault.message) for fault in refused.value.faults]
    assert [(name, line) for name, line, _ in told] == [
        ("a.yaml", 5),
        ("a.yaml", 8),
        ("a.yaml", 9),
        ("b.yml", 2),
        ("c.yaml", 7),
    ]
    assert "Did you mean Europe/Berlin?" in str(refused.value)
    assert told[-1][2] == "Nobody is named to call about incidents."
    assert str(refused.value).endswith("Nothing was changed.")


def test_two_bundles_may_not_share_a_slug_a_code_or_the_operators_place(tmp_path: Path) -> None:
    operator = "kind: operator\nname: O\nlanguage: en\ntime_zone: UTC\n"
    write(tmp_path, SMALLEST, "a.yaml")
    write(tmp_path, SMALLEST, "b.yaml")
    write(tmp_path, f"slug: one\ncode: ONE\n{operator}", "c.yaml")
    write(tmp_path, f"slug: two\ncode: TWO\n{operator}", "d.yaml")
    with pytest.raises(BundleFaults) as refused:
        read_bundles(tmp_path)
    assert [fault.message.split(" is used")[0] for fault in refused.value.faults] == [
        "The slug nord",
        "The code NORD",
        "The kind operator",
    ]


def test_a_path_without_bundles_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no bundle in this directory"):
        read_bundles(tmp_path)
    with pytest.raises(NotFound, match="no such file or directory"):
        read_bundles(tmp_path / "none.yaml")


def test_only_yaml_files_of_a_directory_are_bundles(tmp_path: Path) -> None:
    write(tmp_path, SMALLEST)
    write(tmp_path, "no bundle", "README.md")
    assert [placed.bundle.slug for placed in read_bundles(tmp_path)] == ["nord"]


def test_a_part_knows_its_place_and_a_part_that_is_left_out_that_of_the_whole(tmp_path: Path) -> None:
    (placed,) = read_bundles(write(tmp_path, SMALLEST))
    assert isinstance(placed, PlacedBundle)
    assert (placed.parts.of("contacts", 0, "email").line, placed.parts.of("contacts", 0, "email").column) == (7, 24)
    assert placed.parts.of("feeds", 3, "door").line == 1


@pytest.mark.parametrize(("text", "expected"), [("15m", 900), ("4h", 14_400), ("30d", 2_592_000)])
def test_a_duration_is_a_number_of_seconds(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("90d", 90), ("2y", 730)])
def test_a_period_is_a_number_of_days(text: str, expected: int) -> None:
    assert days(text) == expected


def test_the_nearest_known_word_is_guessed_and_a_far_one_is_not() -> None:
    assert nearest("TimeZone", ["time_zone", "name"]) == "Did you mean time_zone?"
    assert nearest("zzz", ["time_zone", "name"]) == ""


def test_the_json_schema_knows_every_key_and_refuses_others() -> None:
    schema = json.loads(json_schema())
    bundle = schema["$defs"]["Bundle"]
    assert set(bundle["properties"]) == set(Bundle.__struct_fields__)
    assert bundle["additionalProperties"] is False
    assert "\\Z" not in json_schema().decode()
