"""The values that facts of more than one document can have; `reports.language` has a word for each."""

from typing import Literal, TypeAlias

State: TypeAlias = Literal["new", "acknowledged", "contained", "resolved", "closed"]
VerdictKind: TypeAlias = Literal["true_positive", "benign", "false_positive", "inconclusive"]
EntityKind: TypeAlias = Literal["host", "user", "ip", "hash", "domain", "process", "file", "account", "email", "url"]
StatementKind: TypeAlias = Literal["summary", "cause", "impact", "recommendation"]
ActionResult: TypeAlias = Literal["done", "failed", "pending", "undone"]
Stage: TypeAlias = Literal["acknowledge", "contain", "resolve"]
GapKind: TypeAlias = Literal["silent", "delayed", "not_collected"]
Step: TypeAlias = Literal[
    "first_event",
    "last_event",
    "alert",
    "opened",
    "acknowledged",
    "assigned",
    "contained",
    "resolved",
    "closed",
    "reopened",
    "verdict",
    "severity_changed",
    "note",
    "asked",
    "answered",
    "snoozed",
    "unsnoozed",
    "action",
    "approval_requested",
    "approved",
    "declined",
    "merged",
    "absorbed",
    "unmerged",
    "split",
    "storm",
    "exception_made",
    "message",
]
