"""The names that Sigma has for a web request, in the `webserver` and the `proxy` categories, beside a source's own."""

from typing import Final
from urllib.parse import unquote

from watchfloor.normalise.body import clean_text
from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import as_text

MAX_TARGET: Final = 16_384


def add_request(
    fields: dict[str, FieldValue],
    *,
    target: str,
    method: FieldValue = None,
    status: FieldValue = None,
    host: FieldValue = None,
    agent: FieldValue = None,
    referrer: FieldValue = None,
    scheme: str = "http",
) -> None:
    """Adds what is known of a request; a field that is there already stays.

    `target` is the request's target or a whole URL. Rules in the wild look in `cs-uri-query` for the path too, so it
    has the query, the whole target and its decoded form; `c-uri` has the URL and the target.
    """
    target = target[:MAX_TARGET]
    path, _, query = _local(target).partition("?")
    decoded = clean_text(unquote(target)) if "%" in target else target
    whole = f"{scheme}://{as_text(host)}{target}" if target.startswith("/") and as_text(host) else target
    extension = path.rsplit("/", 1)[-1].rpartition(".")[2].lower() if "." in path.rsplit("/", 1)[-1] else ""
    named: dict[str, FieldValue] = {
        "cs-method": method,
        "cs-uri-stem": path,
        "cs-uri-query": _distinct(query, target, decoded),
        "cs-uri": target,
        "c-uri": _distinct(whole, target, decoded),
        "c-uri-stem": path,
        "c-uri-query": query,
        "c-uri-extension": extension if 0 < len(extension) <= 10 and extension.isalnum() else None,
        "sc-status": int(text) if (text := as_text(status)).isdecimal() and len(text) < 5 else None,
        "cs-host": host,
        "cs-user-agent": agent,
        "c-useragent": agent,
        "cs-referer": referrer,
        "cs-referrer": referrer,
    }
    for name, value in named.items():
        if value not in (None, "", "-"):
            fields.setdefault(name, value)


def _local(target: str) -> str:
    """The path and query of a target that may be a whole URL."""
    if "://" not in target[:16]:
        return target
    slash = target.find("/", target.index("://") + 3)
    return target[slash:] if slash >= 0 else "/"


def _distinct(*texts: str) -> FieldValue:
    values: list[FieldValue] = list(dict.fromkeys(text for text in texts if text))
    return values[0] if len(values) == 1 else values or None
