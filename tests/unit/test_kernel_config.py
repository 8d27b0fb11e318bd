"""Settings: read once, checked whole, all faults at once."""

from pathlib import Path

import pytest

from watchfloor.kernel.config import load_settings
from watchfloor.kernel.errors import Invalid


def test_defaults_need_nothing_but_a_home(tmp_path: Path) -> None:
    settings = load_settings({"WATCHFLOOR_HOME": str(tmp_path)})
    assert (settings.home, settings.environment, settings.database_url) == (tmp_path, "production", None)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "watchfloor.toml").write_text('api_port = 9001\nlog_level = "debug"\n')
    settings = load_settings({"WATCHFLOOR_HOME": str(tmp_path), "WATCHFLOOR_API_PORT": "9002"})
    assert (settings.api_port, settings.log_level) == (9002, "debug")


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "watchfloor.toml").write_text('colour = "blue"\ndatabase_url = "postgresql://u:p@h/d"\n')
    with pytest.raises(Invalid) as caught:
        load_settings(
            {
                "WATCHFLOOR_HOME": str(tmp_path),
                "WATCHFLOOR_API_PORT": "70000",
                "WATCHFLOOR_ENVIRONMENT": "staging",
                "WATCHFLOOR_DOR_PORT": "1",
            }
        )
    message = str(caught.value)
    for fault in (
        "colour",
        "DATABASE_URL_FILE",
        "WATCHFLOOR_API_PORT",
        "WATCHFLOOR_ENVIRONMENT",
        "WATCHFLOOR_DOR_PORT",
    ):
        assert fault in message


def test_a_secret_comes_from_a_private_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "database.url"
    file.write_text("postgresql://admin:hunter2@db.example/watchfloor\n")
    file.chmod(0o600)
    settings = load_settings({"WATCHFLOOR_HOME": str(tmp_path), "DATABASE_URL_FILE": str(file)})
    assert settings.database_url is not None
    assert settings.database_url.reveal() == "postgresql://admin:hunter2@db.example/watchfloor"
    assert "hunter2" not in repr(settings)


def test_a_secret_file_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "database.url"
    file.write_text("postgresql://admin:hunter2@db.example/watchfloor")
    file.chmod(0o644)
    with pytest.raises(Invalid, match="chmod 600"):
        load_settings({"WATCHFLOOR_HOME": str(tmp_path), "DATABASE_URL_FILE": str(file)})


@pytest.mark.parametrize("text", ["= 1", "\x00", "api_port = ["])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "watchfloor.toml").write_text(text)
    with pytest.raises(Invalid, match=r"watchfloor\.toml"):
        load_settings({"WATCHFLOOR_HOME": str(tmp_path)})


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secret_file_that_gives_nothing_is_one_fault_among_the_others(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "database.url"
    if content is not None:
        file.write_text(content)
        file.chmod(0o600)
    environ = {"WATCHFLOOR_HOME": str(tmp_path), "DATABASE_URL_FILE": str(file), "WATCHFLOOR_API_PORT": "0"}
    with pytest.raises(Invalid) as caught:
        load_settings(environ)
    assert "DATABASE_URL_FILE" in str(caught.value)
    assert "WATCHFLOOR_API_PORT" in str(caught.value)
