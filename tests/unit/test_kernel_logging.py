import asyncio
import io
import json
import logging
import re
import sys
import warnings
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.kernel.credentials import mint_api_key, mint_feed_token
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import FeedId, TenantId, new_uuid, show
from watchfloor.kernel.logging import (
    MAX_LINE_CHARACTERS,
    JsonLines,
    current_request_id,
    log_context,
    start_logging,
)
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.telemetry import span, start_tracing

TENANT = TenantId(new_uuid())


@pytest.fixture
def stream() -> Generator[io.StringIO]:
    """All logs of the process, caught; the set-up before is restored."""
    root = logging.getLogger()
    handlers, level, loud = root.handlers[:], root.level, logging.raiseExceptions
    caught = io.StringIO()
    start_logging(process="pipeline", level="info", stream=caught)
    yield caught
    logging.captureWarnings(capture=False)
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def formatted(message: str, *arguments: object, **extra: object) -> str:
    record = logging.LogRecord("test", logging.INFO, "file.py", 1, message, arguments, None)
    record.__dict__.update(extra)
    return JsonLines("test").format(record)


def test_a_line_names_time_level_process_logger_request_and_tenant(stream: io.StringIO) -> None:
    with log_context(request_id="req-1", tenant_id=TENANT):
        logging.getLogger("watchfloor.alerts").info("%d alerts", 3, extra={"rule": "r1", "count": 3, "share": 0.5})
    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", str(line.pop("time")))
    assert line == {
        "level": "info",
        "process": "pipeline",
        "logger": "watchfloor.alerts",
        "message": "3 alerts",
        "request": "req-1",
        "tenant": show("ten", TENANT),
        "rule": "r1",
        "count": 3,
        "share": 0.5,
    }


def test_an_inner_context_adds_to_the_outer_and_ends_with_its_block(stream: io.StringIO) -> None:
    logger = logging.getLogger("test")
    with log_context(request_id="outer"):
        with log_context(tenant_id=TENANT):
            logger.info("inside")
        logger.info("outside")
        assert current_request_id() == "outer"
    logger.info("after")
    inside, outside, after = lines(stream)
    assert (inside["request"], inside["tenant"]) == ("outer", show("ten", TENANT))
    assert (outside["request"], "tenant" in outside) == ("outer", False)
    assert "request" not in after
    assert current_request_id() is None


async def test_each_task_keeps_its_own_context(stream: io.StringIO) -> None:
    met = asyncio.Barrier(2)

    async def work(name: str) -> None:
        with log_context(request_id=name):
            await met.wait()
            logging.getLogger("test").info("%s", name)

    await asyncio.gather(work("a"), work("b"))
    assert {(line["message"], line["request"]) for line in lines(stream)} == {("a", "a"), ("b", "b")}


EVERY_CONTROL = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x200B, 0xFEFF, 0xD800]))


def test_one_event_is_one_line_for_every_control_character(stream: io.StringIO) -> None:
    for character in EVERY_CONTROL:
        logging.getLogger("test").info("a%sb", character, extra={"field": character, character: 1})
    written = stream.getvalue()
    assert len(written.split("\n")) == len(written.splitlines()) + 1 == len(EVERY_CONTROL) + 1
    assert re.fullmatch(r"[\x20-\x7e\n]*", written)
    assert [line["message"] for line in lines(stream)] == [f"a{character}b" for character in EVERY_CONTROL]


@given(st.text(), st.text(), st.text(min_size=1))
def test_any_text_is_one_line_of_printable_ascii(message: str, value: str, name: str) -> None:
    line = formatted("%s", message, **{f"x{name}": value})
    assert re.fullmatch(r"[\x20-\x7e]*", line)
    assert len(line) <= MAX_LINE_CHARACTERS
    json.loads(line)


def test_an_exception_is_one_field_of_the_same_line(stream: io.StringIO) -> None:
    try:
        raise Unavailable("The\nserver is away.")
    except Unavailable:
        logging.getLogger("test").exception("failed")
    (line,) = lines(stream)
    assert "Unavailable: The\nserver is away." in str(line["error"])
    assert "Traceback" in str(line["error"])


@pytest.mark.parametrize("size", [10_000, 10_000_000])
@pytest.mark.parametrize("character", ["a", "\0", "\U0001f642"])
@pytest.mark.parametrize("fields", [0, 50])
def test_a_line_has_a_greatest_length_and_keeps_both_ends(size: int, character: str, fields: int) -> None:
    line = formatted("head %s tail", character * size, **{f"field{n}": character * size for n in range(fields)})
    if size == 10_000 and not fields and character == "a":
        assert json.loads(line)["message"] == f"head {character * size} tail"
        return
    assert len(line) <= MAX_LINE_CHARACTERS
    message = json.loads(line)["message"]
    assert message.startswith("head")
    assert message.endswith("tail")
    assert "characters left out" in message or len(message) == size + 10


SECRETS = {
    "api key": mint_api_key("live").text.reveal(),
    "feed token": mint_feed_token(FeedId(new_uuid())).text.reveal(),
    "database url": "postgresql://wf_app:canary-pass%2Fword@db.example/watchfloor",
    "hec header": "Authorization: Splunk canary-0123-4567-89ab",
    "bearer header": "authorization: bearer canary.header.value",
    "basic header": "Basic Y2FuYXJ5OmNhbmFyeQ==",
}
CANARIES = re.compile(r"wfk_\w+_[0-9A-Za-z]{49}|wf_\w{26}_\w{49}|canary|Y2FuYXJ5")


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_what_looks_like_a_credential_is_masked_wherever_it_stands(text: str) -> None:
    error = RuntimeError(f"failed with {text}")
    line = formatted("%s: %s", f"x {text} y", [text], extra_field=text, inner={"k": text}, error_given=error)
    assert not CANARIES.search(line)
    assert "***" in line


def test_a_secret_is_masked_in_message_arguments_and_fields(stream: io.StringIO) -> None:
    secret = Secret("canary-1")
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        logging.getLogger("test").exception("%s %r", secret, [secret], extra={"field": secret, "deep": {"a": [secret]}})
    assert "canary" not in stream.getvalue()
    assert stream.getvalue().count("***") >= 5


def test_libraries_log_through_the_same_stream(stream: io.StringIO) -> None:
    for name in ("uvicorn.error", "uvicorn.access", "asyncpg.pool", "arq.jobs", "litestar"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.StreamHandler(sys.stdout))
        logger.propagate = False
    start_logging(process="api", level="info", stream=stream)
    for name in ("uvicorn.error", "uvicorn.access", "asyncpg.pool", "arq.jobs", "litestar"):
        logging.getLogger(name).info("from %s", name)
    assert [line["message"] for line in lines(stream)] == [
        f"from {name}" for name in ("uvicorn.error", "uvicorn.access", "asyncpg.pool", "arq.jobs", "litestar")
    ]


def test_uvicorns_access_line_has_no_colours_and_no_token(stream: io.StringIO) -> None:
    token = mint_feed_token(FeedId(new_uuid())).text.reveal()
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "POST", f"/services/collector?token={token}", "1.1", 200,
        extra={"color_message": "\x1b[31mred"},
    )  # fmt: skip
    (line,) = lines(stream)
    assert line["message"] == '127.0.0.1:1 - "POST /services/collector?token=*** HTTP/1.1" 200'
    assert "color_message" not in line


def test_warnings_become_log_lines(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old way", DeprecationWarning, stacklevel=1)
    (line,) = lines(stream)
    assert (line["logger"], line["level"]) == ("py.warnings", "warning")


def test_levels_below_the_chosen_one_are_silent(stream: io.StringIO) -> None:
    logging.getLogger("test").debug("quiet")
    logging.getLogger("httpx").info("quiet")
    assert stream.getvalue() == ""


def test_a_wrong_log_call_still_gives_a_line() -> None:
    line = json.loads(formatted("%d of %d", "x"))
    assert "arguments left out" in line["message"]


def test_numbers_that_json_lacks_are_text() -> None:
    line = json.loads(formatted("m", a=float("nan"), b=float("inf"), c=True, d=None, e=10**30))
    assert (line["a"], line["b"], line["c"], line["e"]) == ("nan", "inf", True, 10**30)
    assert "d" not in line


def test_a_field_cannot_replace_what_the_line_says_of_itself() -> None:
    line = json.loads(formatted("m", tenant="ten_other", request="other", time="never", error="x"))
    assert "tenant" not in line
    assert "request" not in line
    assert line["time"] != "never"


def test_a_line_inside_a_span_carries_its_trace(stream: io.StringIO) -> None:
    start_tracing(process="test", version="0", endpoint=None)
    with span("work"):
        logging.getLogger("test").info("inside")
    logging.getLogger("test").info("outside")
    inside, outside = lines(stream)
    assert re.fullmatch("[0-9a-f]{32}", str(inside["trace"]))
    assert "trace" not in outside
