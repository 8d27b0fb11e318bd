"""How a tenant's reports look, when they are made by themselves, and who hears of them: part of a bundle."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tenants.scalars import Colour, Email, FrameworkId, ImagePath, Language, Name, TimeOfDay
from watchfloor.reporting.timetable.schedule import Every

Scheduled = Literal["service", "controls", "assurance"]
"""The kinds that are of a period, and so can be made by themselves."""

Told = Literal["incident", "service", "controls", "assurance"]
"""The kinds that mail tells of: those that every member of the tenant may read."""


class Colours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The colours of headings and of lines. Each must be readable on white; severities keep theirs."""

    headings: Colour
    lines: Colour


class Sender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who hands reports over. Without an address mails are from the installation's."""

    name: Name
    email: Email | None = None


class Branding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How reports look. What is left out is as in the operator's bundle; `logo` is a file beside the bundle."""

    logo: ImagePath | None = None
    colours: Colours | None = None
    sender: Sender | None = None
    contact: Name | None = None


class ReportRecipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who hears by mail that a report is there."""

    email: Email
    reports: Annotated[list[Told], Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["service", "controls", "assurance"]
    )


class ReportSchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report that is made by itself, of the month or quarter before, in the tenant's time zone.

    `every` is a month for service reports and a quarter for the others, unless it says so.
    """

    report: Scheduled
    framework: FrameworkId | None = None
    every: Every | None = None
    day: Annotated[int, Meta(ge=1, le=28, extra={"say": "a day of every month: 1 to 28"})] = 1
    at: TimeOfDay = "07:00"
    languages: Annotated[list[Language], Meta(max_length=7)] = []


class Reports(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is made by itself, and who hears of it."""

    recipients: Annotated[list[ReportRecipient], Meta(max_length=50)] = []
    schedules: Annotated[list[ReportSchedule], Meta(max_length=30)] = []
