"""What is said of the connector for Google Workspace, what a customer tells it, and how late each application is.

Google names how late its reports come: from minutes to days, by application, and without a promise. So the end of
what was read is read again at every look, more of it once an hour, and days of it once a day.
"""

from datetime import timedelta
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Manifest, Setting, Stream
from watchfloor.feeds.connectors.google.account import KEY_PATTERN
from watchfloor.feeds.connectors.google.session import KEY_SETTING

CUSTOMER: Final = "customer_id"
ADMIN: Final = "admin_email"
SCOPE: Final = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
"""The one scope: to read the reports of what was done."""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """One application's log. `again` is how much of its end is read again: at every look, every hour, every day."""

    name: str
    title: str
    lag: timedelta
    again: tuple[timedelta, timedelta, timedelta]
    every: timedelta = timedelta(minutes=3)
    is_on: bool = True


def _hours(*hours: float) -> tuple[timedelta, timedelta, timedelta]:
    look, hourly, daily = (timedelta(hours=one) for one in hours)
    return look, hourly, daily


def _other(name: str, title: str) -> Application:
    return Application(
        name=name,
        title=title,
        lag=timedelta(hours=4),
        again=_hours(3, 12, 96),
        every=timedelta(minutes=10),
        is_on=False,
    )


APPLICATIONS: Final = (
    Application(name="admin", title="Administrators' actions", lag=timedelta(minutes=20), again=_hours(2, 12, 72)),
    Application(name="login", title="Sign-ins", lag=timedelta(hours=2), again=_hours(3, 12, 72)),
    Application(
        name="token", title="Access granted to other applications", lag=timedelta(hours=2), again=_hours(3, 12, 72)
    ),
    Application(
        name="drive", title="Drive", lag=timedelta(hours=1), again=_hours(1, 6, 48), every=timedelta(minutes=5)
    ),
    Application(name="user_accounts", title="Users' own accounts", lag=timedelta(hours=2), again=_hours(3, 12, 72)),
    Application(name="groups_enterprise", title="Groups", lag=timedelta(hours=3), again=_hours(3, 24, 72)),
    Application(name="saml", title="Sign-ins to other services", lag=timedelta(hours=2), again=_hours(3, 12, 72)),
    Application(name="rules", title="Rules and alerts", lag=timedelta(hours=1), again=_hours(2, 12, 72)),
    _other("access_transparency", "What Google's staff saw"),
    _other("calendar", "Calendar"),
    _other("chat", "Chat"),
    _other("chrome", "Chrome"),
    _other("context_aware_access", "Context-aware access"),
    _other("data_studio", "Looker Studio"),
    _other("gcp", "Google Cloud sign-ins"),
    _other("gmail", "Gmail"),
    _other("groups", "Groups, as their members see them"),
    _other("keep", "Keep"),
    _other("meet", "Meet"),
    _other("mobile", "Devices"),
    _other("vault", "Vault"),
)
"""In the order of the documentation."""

MANIFEST: Final = Manifest(
    name="workspace",
    title="Google Workspace: audit logs",
    vendor="Google",
    settings=(
        Setting(
            name=CUSTOMER,
            label="Customer id",
            help="Of the Workspace account: Admin console, Account, Account settings. Only its records are taken.",
            pattern=r"C[0-9a-z]{6,15}",
        ),
        Setting(
            name=ADMIN,
            label="Administrator",
            help="Who the service account reads as: an administrator with the privilege Reports and no other.",
            pattern=r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}",
        ),
        Setting(
            name=KEY_SETTING,
            label="Service account key",
            help="The JSON file of a key of the service account to which the scope is delegated.",
            is_secret=True,
            pattern=KEY_PATTERN,
        ),
    ),
    streams=tuple(
        Stream(name=one.name, title=one.title, source_hint="json", every=one.every, lag=one.lag, is_on=one.is_on)
        for one in APPLICATIONS
    ),
    tier="gold",
    why=(
        "Killed at random points against a server that gives records newest first and late: nothing lost or doubled. "
        "That server is our own, kept to Google's documentation; Google's has not been asked."
    ),
    page="connectors/workspace.md",
)
