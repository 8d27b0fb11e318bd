import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self, cast

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from prometheus_client.metrics import MetricWrapperBase

from watchfloor.kernel import telemetry
from watchfloor.kernel.telemetry import (
    EVENTS,
    METRICS_CONTENT_TYPE,
    REGISTRY,
    metrics_text,
    span,
    start_tracing,
    trace_id,
)


class Collector:
    """An OTLP/HTTP collector on the loopback interface that keeps what it is sent."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
                """Says nothing."""

        return Handler


@pytest.fixture
def finished() -> Iterator[Callable[[], tuple[ReadableSpan, ...]]]:
    """The spans that have ended."""
    exporter = InMemorySpanExporter()
    tracing = start_tracing(process="test", version="1.2.3", endpoint=None, exporter=exporter)

    def ended() -> tuple[ReadableSpan, ...]:
        tracing.shutdown()
        return exporter.get_finished_spans()

    yield ended
    start_tracing(process="test", version="1.2.3", endpoint=None)


def test_metrics_are_served_in_the_prometheus_text_format() -> None:
    EVENTS.labels(source="windows.sysmon").inc(3)
    text = metrics_text().decode()
    assert re.search(r'^watchfloor_events_total\{source="windows\.sysmon"\} \d+\.0$', text, re.MULTILINE)
    assert METRICS_CONTENT_TYPE.startswith("text/plain")


def test_every_metric_is_ours_documented_and_has_known_labels() -> None:
    known = {
        "route",
        "method",
        "status",
        "door",
        "outcome",
        "reason",
        "source",
        "level",
        "severity",
        "topic",
        "purpose",
        "kind",
        "lane",
        "connector",
    }
    collectors: list[object] = [value for value in vars(telemetry).values() if isinstance(value, MetricWrapperBase)]
    assert len(collectors) >= 10
    for collector in collectors:
        assert set(cast("tuple[str, ...]", vars(collector)["_labelnames"])) <= known
    for family in REGISTRY.collect():
        assert family.name.startswith("watchfloor_")
        assert family.documentation.endswith(".")


def test_a_span_has_its_name_attributes_and_parent(finished: Callable[[], tuple[ReadableSpan, ...]]) -> None:
    with span("outer", batch="bat_1", events=3):
        outer = trace_id()
        with span("inner"):
            assert trace_id() == outer
    assert trace_id() is None
    inner, outer_span = finished()
    assert (inner.name, outer_span.name) == ("inner", "outer")
    assert dict(outer_span.attributes or {}) == {"batch": "bat_1", "events": 3}
    assert inner.parent is not None
    assert outer_span.context is not None
    assert inner.parent.span_id == outer_span.context.span_id
    assert outer_span.resource.attributes["service.name"] == "watchfloor-test"
    assert outer_span.resource.attributes["service.version"] == "1.2.3"


def test_an_error_marks_its_span_by_type_and_never_by_text(finished: Callable[[], tuple[ReadableSpan, ...]]) -> None:
    with pytest.raises(ValueError, match="canary"), span("work"):
        raise ValueError("canary")
    (failed,) = finished()
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.status.description == "ValueError"
    assert "canary" not in failed.to_json()


def test_without_an_endpoint_spans_have_ids_and_go_nowhere() -> None:
    tracing = start_tracing(process="test", version="0", endpoint=None)
    with span("work"):
        assert re.fullmatch("[0-9a-f]{32}", trace_id() or "")
    tracing.shutdown()


def test_spans_reach_the_collector_at_the_endpoint() -> None:
    with Collector() as collector:
        tracing = start_tracing(process="pipeline", version="0", endpoint=f"{collector.endpoint}/")
        with span("normalise"):
            pass
        tracing.shutdown()
    (path, body) = collector.received[0]
    assert path == "/v1/traces"
    assert b"watchfloor-pipeline" in body
    assert b"normalise" in body
    start_tracing(process="test", version="0", endpoint=None)
