"""The activity feed of one tenant: subscribing, listing what is there, and fetching it.

Owns the requests and their order. A subscription is begun when the vendor says that there is none, and begun again when
it was switched off; asking for one that is there already costs a slot in a quota, so it is not asked for before.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Final, final
from urllib.parse import urlencode

from watchfloor.feeds.connectors.connector import Remote
from watchfloor.feeds.connectors.m365 import faults
from watchfloor.feeds.connectors.m365.parse import Content, read_listing
from watchfloor.feeds.connectors.microsoft.service import Service
from watchfloor.feeds.connectors.microsoft.sign_in import Tokens
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable

ORIGIN: Final = "https://manage.office.com"
_BEGUN: Final = timedelta(seconds=1)
"""Times are whole seconds here: a window ends with the second that has begun."""

READ: Final = "ActivityFeed.Read"
READ_DLP: Final = "ActivityFeed.ReadDlp"


def service(remote: Remote, tokens: Tokens) -> Service:
    """The vendor's service, to be opened."""
    return Service(remote, tokens, usual=ORIGIN, purpose="connector.m365")


def permission_for(content_type: str) -> str:
    """What reading it takes."""
    return READ_DLP if content_type == "DLP.All" else READ


@final
class ActivityFeed:
    """The feed of one content type."""

    def __init__(self, opened: Service, content_type: str) -> None:
        """`opened` is the vendor's service."""
        settings = opened.remote.settings
        self._service = opened
        self._base = f"/api/v1.0/{settings['tenant_id']}/activity/feed/"
        self._publisher = settings.get("publisher_id") or settings["tenant_id"]
        self._content_type = content_type
        self._permission = permission_for(content_type)

    async def listing(self, start: datetime, end: datetime) -> AsyncGenerator[list[Content]]:
        """What became available from `start` to before `end`, at most a day, page by page."""
        asked = {"contentType": self._content_type, "startTime": _moment(start), "endTime": _moment(end + _BEGUN)}
        place: str | None = self._place("subscriptions/content", asked)
        while place is not None:
            reply = await self._service.ask(place)
            if faults.is_unsubscribed(reply):
                await self.subscribe()
                reply = await self._service.ask(place)
                if faults.is_unsubscribed(reply):
                    raise Unavailable(
                        "Microsoft 365 has not begun to record for us yet.",
                        where=self._content_type,
                        remedy="It takes up to 12 hours after the first subscription.",
                        retry_after_seconds=60,
                    )
            yield read_listing(self._good(reply))
            link = reply.headers.get("nextpageuri")
            place = self._named(self._service.place_of(link, below=self._base)) if link else None

    async def look(self, start: datetime, end: datetime) -> bool:
        """Asks for the first page of a listing and changes nothing. Whether there is a subscription."""
        asked = {"contentType": self._content_type, "startTime": _moment(start), "endTime": _moment(end + _BEGUN)}
        reply = await self._service.ask(self._place("subscriptions/content", asked))
        if faults.is_unsubscribed(reply):
            return False
        read_listing(self._good(reply))
        return True

    async def fetch(self, content: Content) -> bytes | None:
        """A blob's records; None when the vendor does not keep it any more."""
        reply = await self._service.ask(self._named(self._service.place_of(content.uri, below=f"{self._base}audit/")))
        return None if faults.is_gone(reply) else self._good(reply)

    async def subscribe(self) -> None:
        """Has the vendor record for us from now on. That it does so already is no error."""
        place = self._place("subscriptions/start", {"contentType": self._content_type})
        reply = await self._service.ask(place, method="POST", headers={"content-type": "application/json"})
        if not faults.is_subscribed(reply):
            self._good(reply)

    def _place(self, operation: str, asked: dict[str, str]) -> str:
        return self._named(f"{self._base}{operation}?{urlencode(asked)}")

    def _named(self, place: str) -> str:
        """The same with whose quota it counts against: links in answers do not say so."""
        if "publisheridentifier=" in place.lower():
            return place
        return f"{place}{'&' if '?' in place else '?'}PublisherIdentifier={self._publisher}"

    def _good(self, reply: Reply) -> bytes:
        if reply.status != 200:
            raise faults.error_of(reply, permission=self._permission)
        return reply.body


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
