"""Whether a NATS cluster can promise what the intake promises: on disk, on several machines, before it answers.

NATS answers by default before a message is on the disk, and syncs every two minutes: a power failure then loses what
was acknowledged. Each server must be set to `sync_interval: always`. Only the system account can ask them.
"""

import asyncio
import contextlib
import logging
from typing import Final

import msgspec

from watchfloor.feeds.intake.nats.server import Server, connect
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.secret import Secret

LARGEST_BATCH: Final = 8 * 1024 * 1024
"""What `max_payload` must allow at least: the largest body that a door takes, packed and sealed."""

_QUESTION: Final = "$SYS.REQ.SERVER.PING.JSZ"
_FIRST_SECONDS: Final = 3.0
_NEXT_SECONDS: Final = 0.5
_logger: Final = logging.getLogger(__name__)


class _Store(msgspec.Struct):
    sync_always: bool = False


class _Figures(msgspec.Struct):
    config: _Store | None = None


class _Identity(msgspec.Struct):
    name: str = "?"


class _Answer(msgspec.Struct):
    server: _Identity
    data: _Figures = msgspec.field(default_factory=_Figures)


_DECODER: Final = msgspec.json.Decoder(_Answer)


async def check_promise(settings: Settings, server: Server) -> None:
    """Looks at the servers once, at start.

    Raises Invalid when one of them acknowledges what is not on its disk, or takes no batch of the largest size. Where
    that cannot be asked, the log says so.
    """
    if server.largest < LARGEST_BATCH:
        raise Invalid(
            f"NATS takes messages of {server.largest} bytes at most, and a batch may be larger.",
            where="WATCHFLOOR_NATS_URL",
            remedy="Set `max_payload: 16MB` on each server.",
        )
    if settings.nats_replicas < 3:
        _logger.warning("Batches stand on fewer than three servers of NATS: losing one loses what was acknowledged.")
    if settings.nats_system_url is None:
        _logger.warning(
            "Nobody checked that NATS writes to disk before it answers: set WATCHFLOOR_NATS_SYSTEM_URL, or see to it"
            " that each of its servers has `sync_interval: always`."
        )
        return
    careless = [answer.server.name for answer in await _ask(settings.nats_system_url) if not _is_careful(answer)]
    if careless:
        raise Invalid(
            f"NATS answers before it has written to disk, on {', '.join(sorted(careless))}.",
            where="WATCHFLOOR_NATS_SYSTEM_URL",
            remedy="Set `sync_interval: always` in the `jetstream` block of each server.",
        )


async def _ask(address: Secret) -> list[_Answer]:
    """What each server with JetStream says about itself."""
    client = await connect(address, name="watchfloor-check")
    answers: list[_Answer] = []
    try:
        inbox = client.new_inbox()
        subscription = await client.subscribe(inbox)  # pyright: ignore[reportUnknownMemberType]  untyped options
        await client.publish(_QUESTION, b"", reply=inbox)
        with contextlib.suppress(TimeoutError):
            while True:
                message = await asyncio.wait_for(
                    subscription.next_msg(timeout=None), _NEXT_SECONDS if answers else _FIRST_SECONDS
                )
                if message.data:
                    answers.append(_DECODER.decode(message.data))
    except msgspec.DecodeError as error:
        raise Unavailable(f"NATS says something that we do not understand: {error}.") from None
    finally:
        await client.close()
    if not answers:
        raise Unavailable(
            "No server of NATS tells about itself.",
            where="WATCHFLOOR_NATS_SYSTEM_URL",
            remedy="Give a login of the system account.",
        )
    return [answer for answer in answers if answer.data.config is not None]


def _is_careful(answer: _Answer) -> bool:
    return answer.data.config is not None and answer.data.config.sync_always
