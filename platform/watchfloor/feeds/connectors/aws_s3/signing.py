"""Signs requests to AWS (Signature Version 4).

Owns the one use of the vendor's library, which signs and sends nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from watchfloor.kernel.secret import Secret

Service = Literal["s3", "sqs", "sts"]

_LIBRARY_SETS: Final = frozenset({"host"})


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is signed with. `expires` is None for keys of a user."""

    access_key_id: str
    secret: Secret
    token: Secret | None = None
    expires: datetime | None = None


def sign(
    method: str, url: str, *, service: Service, region: str, keys: Keys, headers: Mapping[str, str], content: bytes
) -> dict[str, str]:
    """The headers of the signed request, the given ones among them."""
    request = AWSRequest(method=method, url=url, data=content, headers=dict(headers))
    credentials = ReadOnlyCredentials(
        keys.access_key_id, keys.secret.reveal(), keys.token.reveal() if keys.token is not None else None
    )
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(credentials, service, region).add_auth(request)
    return {str(name): str(value) for name, value in request.headers.items() if name.lower() not in _LIBRARY_SETS}
