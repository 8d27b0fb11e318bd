"""What is said of the connector for Entra ID, and what a customer tells it."""

from datetime import timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import Manifest, Stream
from watchfloor.feeds.connectors.microsoft.settings import SIGN_IN


def _stream(name: str, title: str, *, is_on: bool = False) -> Stream:
    every, lag = timedelta(minutes=3), timedelta(minutes=30)
    return Stream(name=name, title=title, source_hint="json", every=every, lag=lag, is_on=is_on)


MANIFEST: Final = Manifest(
    name="entra",
    title="Entra ID: sign-ins, changes in the directory, risks",
    vendor="Microsoft",
    settings=SIGN_IN,
    streams=(
        _stream("sign-ins", "Sign-ins of people", is_on=True),
        _stream("audits", "Changes in the directory", is_on=True),
        _stream("sign-ins-non-interactive", "Sign-ins by applications for people (beta)"),
        _stream("sign-ins-service-principal", "Sign-ins of applications (beta)"),
        _stream("sign-ins-managed-identity", "Sign-ins of managed identities (beta)"),
        _stream("risks", "Risk detections"),
    ),
    tier="gold",
    why="Killed at random points against a server that keeps to the vendor's paging, throttling and errors: nothing "
    "lost, none doubled. It was never run against Microsoft itself, and three streams rest on a beta of Graph.",
    page="connectors/entra.md",
)
