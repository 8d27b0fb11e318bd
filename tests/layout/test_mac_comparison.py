"""Only kernel/crypto.py compares MACs and makes cipher objects: one place to get it right."""

import pytest

from tests.layout.sources import Source, expect_none, is_under, planted, product, uses

COMPARING = ("hmac.compare_digest", "secrets.compare_digest", "cryptography.hazmat.primitives.constant_time")
CIPHERS = ("cryptography.hazmat.primitives.ciphers", "cryptography.fernet", "cryptography.hazmat.primitives.kdf")
HOME = "platform/watchfloor/kernel/crypto.py"


def faults(source: Source) -> list[str]:
    if source.path == HOME:
        return []
    return [
        source.fault(node, f"{name} belongs in {HOME}")
        for node, name in uses(source)
        if is_under(name, *COMPARING, *CIPHERS)
    ]


def test_only_the_crypto_module_compares_macs_and_encrypts() -> None:
    expect_none(fault for source in product() for fault in faults(source))


@pytest.mark.parametrize(
    "text",
    [
        "import hmac\nhmac.compare_digest(b'', b'')",
        "from hmac import compare_digest as same\nsame(b'', b'')",
        "import secrets\nsecrets.compare_digest('', '')",
        "from cryptography.hazmat.primitives import constant_time",
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM",
        "from cryptography.fernet import Fernet",
    ],
)
def test_each_planted_use_is_found(text: str) -> None:
    assert faults(planted("platform/watchfloor/access/sessions.py", text))


@pytest.mark.parametrize("text", ["import secrets\nsecrets.token_bytes(8)", "import hashlib\nhashlib.sha256(b'')"])
def test_lookalikes_pass(text: str) -> None:
    assert faults(planted("platform/watchfloor/access/sessions.py", text)) == []
