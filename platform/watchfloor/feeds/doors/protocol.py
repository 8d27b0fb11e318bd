"""What a protocol of the doors is: its routes, the paths that are its own, and how it says no.

Owns the shape. `app` puts the protocols together; what no route answers, and what fails, is said by the protocol whose
path was asked for.
"""

from collections.abc import Callable, Sequence

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.intake.queue import Intake
from watchfloor.kernel.db import Database
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.tenancy.keyring import Keyring


class DoorParts(msgspec.Struct, frozen=True, kw_only=True):
    """What protocols are made of. `database` is one of wf_app, for the little that a protocol keeps itself."""

    reception: Reception
    intake: Intake
    database: Database
    keyring: Keyring


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol over HTTP. `speaks` tells whether a path is the protocol's own, with or without a route there."""

    routes: Sequence[HTTPRouteHandler]
    speaks: Callable[[str], bool]
    refusal: Callable[[WatchfloorError], Response[bytes]]
    not_served: Callable[[int], Response[bytes]]
    unexpected: Callable[[], Response[bytes]]
