"""The operator's time-stamp service (RFC 3161), asked through the project's one way out.

It learns a hash and a random number, nothing of the report. Knows no retries: a service that is away is told.
"""

# The libraries for signatures are typed in part; what they give is typed at our border.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Final, cast

from asn1crypto import tsp
from pyhanko.sign.timestamps import TimeStamper

from watchfloor.kernel.egress import Egress
from watchfloor.kernel.egress_rules import Destination, origin_of, parse_url
from watchfloor.kernel.errors import Invalid, Unavailable

_DEADLINE_SECONDS: Final = 15.0
_LARGEST_ANSWER: Final = 256_000


class TimeService(TimeStamper):
    """One time-stamp service."""

    def __init__(self, url: str) -> None:
        """`url` is `https`, or plain `http` to an address of this machine. Raises Invalid."""
        super().__init__()  # type: ignore[no-untyped-call]  # the library types this class in part
        origin = origin_of(parse_url(url))
        is_local = origin.host in ("127.0.0.1", "::1")
        if not origin.host or (origin.scheme != "https" and not is_local):
            raise Invalid("Time stamps are asked for over https only.", where="WATCHFLOOR_REPORT_TIMESTAMP_URL")
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        local = frozenset({f"{origin.scheme}://{host}:{origin.port}"}) if is_local else frozenset[str]()
        self._egress = Egress(loopback_origins=local)
        self._destination = Destination(
            purpose="report_timestamp",
            hosts=(f"{origin.host}:{origin.port}",),
            deadline_seconds=_DEADLINE_SECONDS,
            max_bytes=_LARGEST_ANSWER,
        )
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The service's answer. Raises Unavailable when it is away or answers something else."""
        headers = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
        async with self._egress.open(self._destination) as client:
            answer = await client.request("POST", self._url, headers=headers, content=cast("bytes", req.dump()))
        if answer.status != 200:
            raise Unavailable(f"The time-stamp service answered {answer.status}.", where="time-stamp service")
        try:
            return tsp.TimeStampResp.load(answer.body, strict=True)
        except ValueError:
            raise Unavailable("The time-stamp service answered no time stamp.", where="time-stamp service") from None
