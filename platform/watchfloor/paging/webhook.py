"""The lane by webhook: one signed POST, with the same Idempotency-Key however often it is tried.

The receiver must take a key it has seen for done: a lost answer is asked for again. It checks `Watchfloor-Signature`,
`v1=` and the hexadecimal HMAC-SHA256 (RFC 2104) under the shared secret of the header `Watchfloor-Timestamp`, a dot
and the body, and refuses timestamps that are far from its own clock, so that nobody can send a page a second time.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from watchfloor.kernel.crypto import sign
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.egress_rules import Destination, origin_of, parse_url
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.ids import show
from watchfloor.kernel.neutralise import for_subject
from watchfloor.kernel.secret import Secret
from watchfloor.paging.lane import Handing, LaneName, Notice

_DEADLINE_SECONDS: Final = 10.0
_LARGEST_ANSWER: Final = 64_000


class WebhookLane:
    """Posts to one address."""

    knows_repeats: Literal[True] = True
    name: LaneName = "webhook"

    def __init__(self, *, url: Secret, secret: Secret, public_url: str) -> None:
        """`url` is `https`, or plain `http` to an address of this machine. Raises Invalid."""
        origin = origin_of(parse_url(url.reveal()))
        is_local = origin.host in ("127.0.0.1", "::1")
        if not origin.host or (origin.scheme != "https" and not is_local):
            raise Invalid("Pages leave over https only.", where="WATCHFLOOR_PAGE_WEBHOOK_URL")
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        local = frozenset({f"{origin.scheme}://{host}:{origin.port}"}) if is_local else frozenset[str]()
        self._egress = Egress(loopback_origins=local)
        self._destination = Destination(
            purpose="page_webhook",
            hosts=(f"{origin.host}:{origin.port}",),
            deadline_seconds=_DEADLINE_SECONDS,
            max_bytes=_LARGEST_ANSWER,
        )
        self._url = url
        self._secret = secret
        self._public_url = public_url.rstrip("/")

    async def send(self, notice: Notice, handing: Handing) -> str:
        """See Lane. Raises Unavailable for an answer that is no 2xx, and when there is none."""
        del handing  # the receiver knows a repeat by its key
        body = msgspec.json.encode(self._body(notice), order="deterministic")
        stamp = str(int(notice.at.timestamp()))
        headers = {
            "content-type": "application/json",
            "idempotency-key": show("pag", notice.step_id),
            "watchfloor-timestamp": stamp,
            "watchfloor-signature": f"v1={sign(self._secret.reveal().encode(), stamp.encode() + b'.' + body).hex()}",
        }
        async with self._egress.open(self._destination) as client:
            answer = await client.request("POST", self._url.reveal(), headers=headers, content=body)
        if not 200 <= answer.status < 300:
            raise Unavailable(f"The webhook answered {answer.status}.", where="webhook")
        return str(answer.status)

    def _body(self, notice: Notice) -> "_Body":
        return _Body(
            page=show("pag", notice.page_id),
            step=show("pag", notice.step_id),
            number=notice.rung + 1,
            recipient=notice.recipient,
            urgency=notice.urgency,
            reason=notice.reason,
            ref=notice.ref,
            summary=for_subject(notice.summary),
            raised_at=notice.raised_at,
            answer_by=notice.answer_by,
            link=self._public_url,
        )


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver reads."""

    page: str
    step: str
    number: int
    recipient: str
    urgency: str
    reason: str
    ref: str
    summary: str
    raised_at: datetime
    answer_by: datetime | None
    link: str
