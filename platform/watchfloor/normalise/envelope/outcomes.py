"""How what an event tells of ended, and how grave its source takes it to be.

Owns the words of success and failure of each source, and the way from each source's scale to OCSF's. Where a source
does not say, the answer is "unknown" and 0: nothing is guessed.
"""

from collections.abc import Callable
from typing import Final, Literal

from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.parsed import as_object, as_text

Outcome = Literal["success", "failure", "unknown"]

_SUCCESS: Final = frozenset(
    {
        "success", "succeeded", "successful", "allow", "allowed", "accept", "accepted", "pass", "permit", "permitted",
        "ok", "yes", "true", "login", "run", "session_opened", "partiallysucceeded", "noerror",
    }
)  # fmt: skip
_FAILURE: Final = frozenset(
    {
        "failure", "fail", "failed", "deny", "denied", "block", "blocked", "drop", "dropped", "reject", "rejected",
        "refused", "no", "false", "error", "login_failed", "invalid_user", "too_many_failures", "refused_user",
        "reset", "prevent", "quarantine", "nxdomain",
    }
)  # fmt: skip
_LOGON_FAILURES: Final = frozenset({4625, 4771, 4776})
_LOGON_SUCCESSES: Final = frozenset({4624, 4648, 4672, 4768, 4769, 4770})
_SYSLOG: Final = {"emerg": 6, "alert": 5, "crit": 5, "err": 4, "warning": 3, "notice": 2, "info": 1, "debug": 1}
_WORDS: Final = {
    "informational": 1, "info": 1, "information": 1, "notice": 1, "low": 2, "medium": 3, "moderate": 3, "warning": 3,
    "high": 4, "error": 4, "critical": 5, "very-high": 5, "fatal": 6, "emergency": 6, "alert": 5,
}  # fmt: skip
_WINDOWS_LEVELS: Final = {"1": 5, "2": 4, "3": 3, "4": 1, "0": 1, "5": 1}


def outcome_of(event: Event) -> Outcome:
    """Success or failure, if the source says so."""
    teller = _OUTCOMES.get(event.source) or _OUTCOMES.get(event.source.partition(".")[0])
    return teller(event.fields) if teller is not None else _by_words(event.fields)


def severity_of(event: Event) -> int:
    """0 unknown, 1 informational, 2 low, 3 medium, 4 high, 5 critical, 6 fatal."""
    teller = _SEVERITIES.get(event.source) or _SEVERITIES.get(event.source.partition(".")[0])
    if teller is not None:
        return teller(event.fields)
    text = as_text(event.fields.get("severity")).lower()
    return _SYSLOG.get(text) or _WORDS.get(text) or 0


def _word(value: FieldValue) -> Outcome:
    text = as_text(value).strip().lower()
    if text in _SUCCESS:
        return "success"
    return "failure" if text in _FAILURE else "unknown"


def _by_words(fields: dict[str, FieldValue]) -> Outcome:
    if fields.get("blocked") is True:
        return "failure"
    for name in ("action", "outcome", "status", "result", "res", "ResultStatus"):
        word = _word(fields.get(name))
        if word != "unknown":
            return word
    status = fields.get("sc-status")
    if isinstance(status, int) and status > 0:
        return "failure" if status >= 400 else "success"
    return "unknown"


def _windows(fields: dict[str, FieldValue]) -> Outcome:
    number = fields.get("EventID")
    if number == 4776:
        return "success" if as_text(fields.get("Status")).lower() in {"0x0", "0"} else "failure"
    if number in _LOGON_FAILURES:
        return "failure"
    if number in _LOGON_SUCCESSES:
        return "success"
    keywords = as_text(fields.get("Keywords")).lower()
    # The audit bits of the Security channel: 0x8020... is a success, 0x8010... a failure.
    if keywords.startswith("0x802") or "audit success" in keywords:
        return "success"
    return "failure" if keywords.startswith("0x801") or "audit failure" in keywords else "unknown"


def _signin(fields: dict[str, FieldValue]) -> Outcome:
    code = as_text(fields.get("ResultType"))
    return "unknown" if not code else "success" if code == "0" else "failure"


def _gcp(fields: dict[str, FieldValue]) -> Outcome:
    status = as_object(as_object(fields.get("protoPayload")).get("status"))
    return "failure" if status.get("code") else "success"


def _okta(fields: dict[str, FieldValue]) -> Outcome:
    return _word(as_object(fields.get("outcome")).get("result"))


def _kubernetes(fields: dict[str, FieldValue]) -> Outcome:
    code = as_object(fields.get("responseStatus")).get("code")
    return "unknown" if not isinstance(code, int) else "failure" if code >= 400 else "success"


def _suricata(fields: dict[str, FieldValue]) -> Outcome:
    word = _word(as_object(fields.get("alert")).get("action"))
    return word if word != "unknown" else _by_words(fields)


def _auditd(fields: dict[str, FieldValue]) -> Outcome:
    word = _word(fields.get("success"))
    return word if word != "unknown" else _word(fields.get("res"))


def _m365(fields: dict[str, FieldValue]) -> Outcome:
    operation = as_text(fields.get("Operation"))
    if operation in {"UserLoginFailed", "UserLoggedIn"}:
        return "failure" if operation == "UserLoginFailed" else "success"
    return _word(fields.get("ResultStatus"))


def _rule_level(fields: dict[str, FieldValue]) -> int:
    """Wazuh 4 counts to 15 (its documentation, rules classification); version 5 has words."""
    own = as_object(as_object(fields.get("wazuh")).get("rule")) or as_object(fields.get("rule"))
    level = as_text(own.get("level")).lower()
    if level.isdecimal() and len(level) <= 2:
        number = int(level)
        return next((at for least, at in ((15, 5), (12, 4), (7, 3), (4, 2)) if number >= least), 1)
    return _WORDS.get(level, 0)


def _suricata_severity(fields: dict[str, FieldValue]) -> int:
    """1 is the gravest."""
    return {"1": 4, "2": 3, "3": 2, "4": 1}.get(as_text(as_object(fields.get("alert")).get("severity")), 1)


def _guardduty(fields: dict[str, FieldValue]) -> int:
    return _WORDS.get(as_text(fields.get("severityLabel")).lower(), 0)


def _security_hub(fields: dict[str, FieldValue]) -> int:
    label = as_text(as_object(fields.get("Severity")).get("Label")).lower()
    return _WORDS.get(label, 0)


def _windows_severity(fields: dict[str, FieldValue]) -> int:
    return _WINDOWS_LEVELS.get(as_text(fields.get("Level")), 0)


def _cef(fields: dict[str, FieldValue]) -> int:
    """0 to 10, or a word."""
    text = as_text(fields.get("Severity")).lower()
    if text.isdecimal() and len(text) <= 2:
        return next((at for least, at in ((9, 5), (7, 4), (4, 3), (1, 2)) if int(text) >= least), 1)
    return _WORDS.get(text, 0)


_OUTCOMES: Final[dict[str, Callable[[dict[str, FieldValue]], Outcome]]] = {
    "windows": _windows,
    "entra.signin": _signin,
    "gcp": _gcp,
    "okta": _okta,
    "kubernetes": _kubernetes,
    "suricata": _suricata,
    "linux.auditd": _auditd,
    "m365": _m365,
}
_SEVERITIES: Final[dict[str, Callable[[dict[str, FieldValue]], int]]] = {
    "wazuh": _rule_level,
    "suricata": _suricata_severity,
    "aws.guardduty": _guardduty,
    "aws.securityhub": _security_hub,
    "windows": _windows_severity,
    "cef": _cef,
}
