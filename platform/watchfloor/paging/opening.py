"""Which lanes this installation has, by its settings."""

from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid
from watchfloor.paging.lane import LANES, Lane, LaneName
from watchfloor.paging.mail import MailLane
from watchfloor.paging.mail_server import MailServer
from watchfloor.paging.webhook import WebhookLane


def open_lanes(settings: Settings) -> dict[LaneName, Lane]:
    """The lanes by which a worker itself can send. Raises Invalid for settings that do not fit together."""
    lanes: list[Lane] = []
    mail_server = open_mail_server(settings)
    if mail_server is not None:
        lanes.append(MailLane(mail_server, public_url=settings.public_url))
    if settings.page_webhook_url is not None:
        if settings.page_webhook_secret is None:
            raise Invalid("Pages by webhook need a secret to sign with.", where="WATCHFLOOR_PAGE_WEBHOOK_SECRET")
        lanes.append(
            WebhookLane(
                url=settings.page_webhook_url, secret=settings.page_webhook_secret, public_url=settings.public_url
            )
        )
    return {lane.name: lane for lane in lanes}


def open_mail_server(settings: Settings) -> MailServer | None:
    """The installation's mail server, or None when it has none. Raises Invalid for settings that do not fit."""
    if settings.smtp_url is None:
        return None
    if settings.smtp_from is None:
        raise Invalid("Mail needs a sender.", where="WATCHFLOOR_SMTP_FROM")
    return MailServer(url=settings.smtp_url, sender=settings.smtp_from)


def order_of(settings: Settings) -> tuple[LaneName, ...]:
    """The lanes that pages take, first to last; empty when only the console can show them."""
    wanted = {
        "chat": settings.page_in_chat,
        "email": settings.smtp_url is not None,
        "webhook": settings.page_webhook_url is not None,
    }
    return tuple(lane for lane in LANES if wanted[lane])
