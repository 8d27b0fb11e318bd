"""Only kernel/config.py reads the environment, so that all settings are known, checked and documented."""

import pytest

from tests.layout.sources import Source, expect_none, is_under, planted, product, uses

HOME = "platform/watchfloor/kernel/config.py"
FORBIDDEN = ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.path.expandvars", "dotenv")


def faults(source: Source) -> list[str]:
    if source.path == HOME:
        return []
    return [
        source.fault(node, f"{name} belongs in {HOME}") for node, name in uses(source) if is_under(name, *FORBIDDEN)
    ]


def test_only_the_settings_read_the_environment() -> None:
    expect_none(fault for source in product() for fault in faults(source))


@pytest.mark.parametrize(
    "text",
    [
        "import os\nhome = os.environ['HOME']",
        "import os\nhome = os.getenv('HOME')",
        "from os import environ",
        "from os import environ as settings\nhome = settings.get('HOME')",
        "import os as system\nsystem.environ.update(x='y')",
        "def late():\n    import os\n    return dict(os.environ)",
        "import os.path\nos.path.expandvars('$HOME')",
        "import dotenv",
    ],
)
def test_each_planted_reading_is_found(text: str) -> None:
    assert faults(planted("platform/watchfloor/web/app.py", text))


@pytest.mark.parametrize(
    "text", ["import os\nos.getpid()", "environ = {}\nenviron['x'] = 1", "import os.path\nos.path.join('a')"]
)
def test_lookalikes_pass(text: str) -> None:
    assert faults(planted("platform/watchfloor/web/app.py", text)) == []
