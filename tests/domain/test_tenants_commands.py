"""`watchfloor tenant` as a person at a terminal meets it: what it prints, and how it ends."""

import json
from pathlib import Path
from typing import Final, Protocol

import click
import pytest
from click.testing import CliRunner, Result

from watchfloor.kernel.config import Settings
from watchfloor.kernel.credentials import PresentedAlias, parse_feed_token, parse_sender_token
from watchfloor.kernel.secret import Secret
from watchfloor.ops.cli import command_line

BUNDLE: Final = """\
slug: nord
code: NORD
name: Nord AG
language: de
time_zone: Europe/Berlin
contacts:
  - {name: Kim, email: kim@nord.example, purposes: [incidents]}
feeds:
  - {name: windows, door: hec}
"""


class Run(Protocol):
    """Runs `watchfloor tenant` with these arguments."""

    def __call__(self, *arguments: str) -> Result: ...


@pytest.fixture
def run(settings: Settings) -> Run:
    """Runs `watchfloor tenant` with these arguments."""
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    runner = CliRunner(env=environ)

    def invoke(*arguments: str) -> Result:
        return runner.invoke(command_line, ["tenant", *arguments])

    return invoke


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle as a file."""
    path = tmp_path / "nord.yaml"
    path.write_text(BUNDLE)
    return path


def token_of(result: Result) -> Secret:
    """The one token that a command printed."""
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("token "))
    text = line.rsplit(" ", 1)[1]
    parse_feed_token(text)
    return Secret(text)


def test_plan_then_apply_then_plan_again(run: Run, bundle: Path) -> None:
    planned = run("plan", str(bundle))
    assert planned.exit_code == 0
    assert planned.stdout.startswith("nord: new tenant\n  + slug: nord\n")
    assert "token" not in planned.stdout
    applied = run("apply", str(bundle))
    assert applied.exit_code == 0
    token_of(applied)
    assert "nord: key\nnord: configure\nnord: admit\nnord: open\n" in applied.stderr
    assert run("plan", str(bundle)).stdout == "nord: nothing to change\n"
    assert run("apply", str(bundle)).stdout == "nord: nothing to change\n"


def test_list_shows_every_tenant_the_operator_first(run: Run, bundle: Path) -> None:
    run("apply", str(bundle))
    lines = run("list").stdout.splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["operator", "MSSP", "operator", "active"],
        ["nord", "NORD", "customer", "active"],
    ]


def test_a_token_is_replaced(run: Run, bundle: Path) -> None:
    first = token_of(run("apply", str(bundle)))
    assert token_of(run("token", "nord", "windows")) != first


def test_a_guid_that_stands_for_the_token_is_made_when_it_is_asked_for(run: Run, bundle: Path) -> None:
    assert "guid " not in run("apply", str(bundle)).stdout
    made = run("token", "nord", "windows", "--guid")
    token_of(made)
    (line,) = (line for line in made.stdout.splitlines() if line.startswith("guid "))
    assert isinstance(parse_sender_token(line.rsplit(" ", 1)[1]), PresentedAlias)


def test_export_and_offboard_say_where_things_are(run: Run, bundle: Path, tmp_path: Path) -> None:
    run("apply", str(bundle))
    exported = run("export", "nord", str(tmp_path / "out"))
    assert exported.exit_code == 0
    directory = Path(exported.stdout.split(": ")[0])
    assert (directory / "manifest.json").exists()
    left = run("offboard", "nord", "--export-to", str(tmp_path / "gone"), "--confirm", "nord")
    assert left.exit_code == 0, left.output
    proof = Path(left.stdout.strip().rsplit(" ", 1)[1])
    assert json.loads(proof.read_bytes())["proof"]["slug"] == "nord"
    assert "nord: verify\n" in left.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("offboard", "nord", "--export-to", ".", "--confirm", "nrod"), "does not name the tenant"),
        (
            ("offboard", "nobody", "--export-to", ".", "--confirm", "nobody"),
            "nobody: There is no tenant with this slug.",
        ),
        (("export", "nobody", "."), "nobody: There is no tenant with this slug."),
        (("token", "nobody", "windows"), "nobody: There is no tenant with this slug."),
        (("apply", "/none/such.yaml"), "/none/such.yaml: There is no such file or directory."),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_one(run: Run, arguments: tuple[str, ...], text: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert text in result.stderr
    assert "Traceback" not in result.output


def test_every_fault_of_a_bundle_is_shown_with_its_place(run: Run, bundle: Path) -> None:
    bundle.write_text(BUNDLE.replace("hec", "heck").replace("Europe/Berlin", "Europe/Brelin"))
    result = run("apply", str(bundle))
    assert result.exit_code == 1
    assert "2 things are wrong:" in result.stderr
    assert f"{bundle}:5:12: There is no time zone 'Europe/Brelin'. Did you mean Europe/Berlin?" in result.stderr
    assert f"{bundle}:9:27: feeds[1].door: 'heck' is not one of hec, ndjson, bulk, " in result.stderr
    assert "Did you mean hec?" in result.stderr
    assert "Nothing was changed." in result.stderr


def test_nothing_that_a_terminal_would_act_on_is_printed(run: Run, bundle: Path) -> None:
    bundle.write_text(BUNDLE.replace("Nord AG", "Nord \u202e GA"), encoding="utf-8")
    assert "Nord [U+202E] GA" in run("plan", str(bundle)).stdout


def test_the_schema_is_json(run: Run) -> None:
    assert json.loads(run("schema").stdout)["$ref"] == "#/$defs/Bundle"


def test_wrong_usage_is_exit_code_two(run: Run) -> None:
    assert run("offboard", "nord").exit_code == 2
    assert isinstance(command_line, click.Group)
