import copy
import dataclasses
import io
import json
import logging
import operator
import pickle
import pprint
import traceback
from collections.abc import Callable
from typing import NoReturn, cast

import msgspec
import pytest

from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.logging import JsonLines
from watchfloor.kernel.secret import MASK, Secret, decode_secret, encode_masked

CANARY = "canary-4f1d9c27"


@dataclasses.dataclass
class Holder:
    secret: Secret


class Settings(msgspec.Struct, frozen=True):
    secret: Secret


def logged(secret: Secret) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("test"))
    logger = logging.getLogger("test.secret")
    logger.handlers, logger.propagate = [handler], False
    logger.warning("as argument %s and %r", secret, secret, extra={"as_extra": secret, "nested": [secret]})
    return stream.getvalue()


def fail(error: RuntimeError) -> NoReturn:
    raise error


def traced(secret: Secret) -> str:
    error = RuntimeError(secret)
    try:
        fail(error)
    except RuntimeError:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


SHOWN: dict[str, Callable[[Secret], str]] = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "format": lambda secret: f"{secret}",
    "format with a specification": lambda secret: f"{secret:>40}",
    "str.format": "{0} {0!r} {0!s}".format,
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - the case is about it
    "pprint": pprint.pformat,
    "in a list": lambda secret: str([secret]),
    "in a dataclass": lambda secret: repr(Holder(secret)),
    "dataclass as a dict": lambda secret: repr(dataclasses.asdict(Holder(secret))),
    "in a struct": lambda secret: repr(Settings(secret)),
    "struct as a dict": lambda secret: repr(msgspec.structs.asdict(Settings(secret))),
    "in an exception": lambda secret: f"{RuntimeError(secret)} {RuntimeError(secret)!r}",
    "in a traceback with locals": traced,
    "in a log line": logged,
    "json with a default": lambda secret: json.dumps({"s": secret}, default=str),
    "msgspec with our hook": lambda secret: msgspec.json.encode(Settings(secret), enc_hook=encode_masked).decode(),
    "msgspec to builtins": lambda secret: str(msgspec.to_builtins(Settings(secret), enc_hook=encode_masked)),
    "its attributes": lambda secret: repr([getattr(secret, name, None) for name in dir(secret) if name != "_text"]),
}

REFUSED: dict[str, Callable[[Secret], object]] = {
    "json": json.dumps,
    "msgspec json": lambda secret: msgspec.json.encode(Settings(secret)),
    "msgspec msgpack": lambda secret: msgspec.msgpack.encode(Settings(secret)),
    "hash": hash,
    "truth": bool,
    "iteration": lambda secret: operator.call(iter, cast("str", secret)),
    "length": lambda secret: operator.call(len, cast("str", secret)),
    "concatenation": lambda secret: "x" + cast("str", secret),
    "joining": lambda secret: "-".join(cast("list[str]", [secret, secret])),
    "its state": lambda secret: secret.__getstate__(),
    "pickle 0": lambda secret: pickle.dumps(secret, 0),
    "pickle 2": lambda secret: pickle.dumps(secret, 2),
    "pickle 5": lambda secret: pickle.dumps(secret, 5),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_a_secret_shows_as_a_mask(show: Callable[[Secret], str]) -> None:
    shown = show(Secret(CANARY))
    assert CANARY not in shown
    assert MASK in shown


@pytest.mark.parametrize("use", REFUSED.values(), ids=REFUSED)
def test_what_would_need_the_text_is_refused(use: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as refusal:
        use(Secret(CANARY))
    assert CANARY not in str(refusal.value)


def test_reveal_gives_the_text() -> None:
    assert Secret(CANARY).reveal() == CANARY


def test_secrets_are_equal_by_content_and_to_secrets_only() -> None:
    assert Secret("a\ud800") == Secret("a\ud800")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_a_copy_is_the_same_object() -> None:
    secret = Secret(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret


def test_a_secret_cannot_be_changed() -> None:
    secret = Secret(CANARY)
    with pytest.raises(TypeError):
        setattr(secret, "_text", "other")  # noqa: B010 - type checkers refuse the plain form
    with pytest.raises(TypeError):
        delattr(secret, "_text")
    assert secret.reveal() == CANARY


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(Invalid):
        Secret("")


def test_msgspec_reads_a_secret_through_our_hook() -> None:
    read = msgspec.json.decode(b'{"secret":"canary-4f1d9c27"}', type=Settings, dec_hook=decode_secret)
    assert read.secret == Secret(CANARY)


def test_a_secret_that_is_no_text_is_refused_without_being_quoted() -> None:
    with pytest.raises((Invalid, msgspec.ValidationError)) as refusal:
        msgspec.json.decode(b'{"secret":[424242]}', type=Settings, dec_hook=decode_secret)
    assert "424242" not in str(refusal.value)


def test_the_hooks_leave_other_types_unsupported() -> None:
    with pytest.raises(NotImplementedError):
        encode_masked(object())
    with pytest.raises(NotImplementedError):
        decode_secret(object, "x")
