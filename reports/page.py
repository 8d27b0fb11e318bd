"""Documents as HTML: a template filled with facts, view and words, in the tenant's language.

Owns the template engine's settings: escaping is always on, a missing name is an error, and every text that
is put out and is not `Markup` of our own making is neutralised first, so no template can forget it (O1).
"""

from datetime import UTC
from functools import lru_cache
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, Undefined
from markupsafe import Markup

from reports.assets import read_template
from reports.facts import Look, ReportFacts
from reports.language.locale import Locale
from reports.printed import code, lines, own, printed, sentence, words

_PLAIN: Final = Look()


def fill(template: str, report: ReportFacts, locale: Locale, *, data_hash: str, data_name: str, **more: object) -> str:
    """A document's template (`<kind>/<name>.html`) as one HTML page.

    A template has `r` (the facts), `look` (how it is dressed), `t` (phrases of all documents), `loc` (the locale),
    `say` (a phrase filled in), what `shell.html` needs, and `more`: by custom `w`, the document's own words, and `v`,
    its view.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            r=report,
            look=report.provider.look or _PLAIN,
            t=locale.phrases,
            loc=locale,
            say=_say,
            created=f"{report.generated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00",
            data_hash=data_hash,
            data_name=data_name,
            **more,
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(read_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_put_out,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cut"] = printed
    environment.filters["code"] = code
    environment.filters["own"] = own
    environment.filters["lines"] = lines
    environment.filters["words"] = words
    environment.filters["heading"] = _heading
    return environment


def _put_out(value: object) -> Markup:
    """What a template prints: Markup as it is, text neutralised; anything else is a mistake in the template."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        return printed(value)
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    raise TypeError(f"a template printed a {type(value).__name__}; it must be written by the locale first")


def _say(phrase: str, **parts: str) -> Markup:
    return sentence(phrase, **{name: _put_out(part) for name, part in parts.items()})


def _heading(text: str) -> str:
    return text[:1].upper() + text[1:]
