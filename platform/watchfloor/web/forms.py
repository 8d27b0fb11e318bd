"""What a page's form sends, read strictly: `application/x-www-form-urlencoded`, each field once."""

from typing import Final
from urllib.parse import parse_qsl

from litestar import Request

from watchfloor.web.scope import Connection

_MOST_FIELDS: Final = 40
_FORM: Final = "application/x-www-form-urlencoded"


async def read_form(connection: Connection) -> dict[str, str]:
    """The fields by name; none at all when it is no form, is damaged, or says something twice. Its size is bounded."""
    if not isinstance(connection, Request) or connection.content_type[0] != _FORM:
        return {}
    try:
        pairs = parse_qsl(
            (await connection.body()).decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}
