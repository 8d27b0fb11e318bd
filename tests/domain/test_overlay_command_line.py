"""`watchfloor rules list|disable|enable|level|except|fill` as a person at a terminal meets them."""

from pathlib import Path
from typing import Final, Protocol

import pytest
from click.testing import CliRunner, Result

from tests.api.world import narrow_filter
from tests.domain.workplace import Tenant
from watchfloor.detect.load import load_shared_rules
from watchfloor.kernel.config import Settings
from watchfloor.ops.cli import command_line

WHY: Final = ("--reason", "Agreed with the customer.")


class Run(Protocol):
    """Runs `watchfloor rules` with these arguments."""

    def __call__(self, *arguments: str) -> Result: ...


@pytest.fixture
def run(settings: Settings, acme: Tenant) -> Run:
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
        return runner.invoke(command_line, ["rules", *arguments, "--tenant", acme.code.lower()])

    return invoke


@pytest.fixture
def backups(tmp_path: Path) -> str:
    path = tmp_path / "backups.yml"
    path.write_text(narrow_filter().format(title="Backups", user='"svc\\u202ebackup"'))
    return str(path)


def test_a_rule_is_switched_off_levelled_and_made_as_it_was(run: Run) -> None:
    rule = load_shared_rules().rules[0]
    assert run("list").output == ""
    assert run("disable", rule.id, *WHY).output == "done; it holds from the next batch of events on\n"
    assert run("disable", rule.title, *WHY).output == "it was so already\n"
    level = "low" if rule.level != "low" else "high"
    assert run("level", rule.id, level, *WHY).exit_code == 0
    line = run("list").output
    assert line == (
        f"rule {rule.id} {rule.title}: disabled, {level}, shared as {rule.level}, Agreed with the customer.\n"
    )
    assert run("enable", rule.id, *WHY).exit_code == 0
    assert run("level", rule.id, "shared", *WHY).exit_code == 0
    assert run("list").output == ""
    assert len(run("list", "--all").output.splitlines()) == len(load_shared_rules().rules)


def test_an_exception_is_previewed_made_and_ended(run: Run, backups: str) -> None:
    assert run("except", backups, "--preview").output.startswith("It would have hidden 0 of 0 kept events")
    assert run("list").output == ""
    made = run("except", backups, *WHY, "--owner", "kim\x1b[31m", "--days", "30").output.splitlines()
    assert made[0].startswith("It would have hidden 0 of 0")
    exception = made[1].split()[0]
    shown = run("list").output
    assert shown.startswith(f"exception {exception} Backups: active, until 2")
    assert "\x1b" not in shown
    assert run("except", "--end", exception, *WHY).exit_code == 0
    assert run("list").output == ""


def test_a_list_is_filled_and_removed(run: Run, tmp_path: Path) -> None:
    entries = tmp_path / "hosts.txt"
    entries.write_text("jump-*\n\n bastion \n")
    assert run("fill", "hosts", "--from", str(entries), *WHY).exit_code == 0
    assert run("list").output == "list hosts: 2 entries, Agreed with the customer.\n"
    assert run("fill", "hosts", "--remove", *WHY).exit_code == 0
    assert run("list").output == ""


def test_what_is_wrong_says_where(run: Run, backups: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    wide = tmp_path / "wide.yml"
    wide.write_text(narrow_filter().format(title="Backups", user="kim").replace("rules: [", "rules: any # ["))
    broken.write_text(
        narrow_filter()
        .format(title="Backups", user='"svc\\u202ebackup"')
        .replace("condition: selection", "condition: not selection")
    )
    for arguments, said in (
        (("except", str(broken), "--preview"), f"{broken}:6:5: The filter would hide every event"),
        (("except", backups, *WHY), "needs an owner and an end"),
        (("except", *WHY), "Give a file with a filter"),
        (("except", backups, "--owner", "kim", "--days", "1"), "reason"),
        (("except", str(wide), *WHY, "--owner", "kim", "--days", "1"), "A second person must agree"),
        (("fill", "hosts", *WHY), "Give --from"),
        (("disable", "nothing", *WHY), "There is no such rule"),
        (("except", "--end", "exc_x", *WHY), "nothing with this id"),
    ):
        found = run(*arguments)
        assert found.exit_code == 1
        assert said in found.output
