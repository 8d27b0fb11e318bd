"""Traces and metrics, from OpenTelemetry and the Prometheus client.

Owns the names of all metrics and the set-up of tracing. A label never holds a value from outside, an id of
an object or a secret: labels are few and known, so that a sender cannot grow the registry. It neither serves
the metrics (the web application does) nor decides what is traced.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Protocol

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from watchfloor.kernel.config import metrics_directory

METRICS_CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
REGISTRY: Final = CollectorRegistry(auto_describe=True)

_SECONDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)

HTTP_REQUESTS: Final = Histogram(
    "watchfloor_http_request_seconds",
    "Time to answer an HTTP request, by route template.",
    ("route", "method", "status"),
    registry=REGISTRY,
    buckets=_SECONDS,
)
INTAKE_BATCHES: Final = Counter(
    "watchfloor_intake_batches",
    "Batches that arrived at a door, by what became of them: accepted, refused, full.",
    ("door", "outcome"),
    registry=REGISTRY,
)
INTAKE_BYTES: Final = Counter(
    "watchfloor_intake_bytes", "Bytes accepted by a door, after inflating.", ("door",), registry=REGISTRY
)
INTAKE_BACKLOG: Final = Gauge(
    "watchfloor_intake_backlog_batches",
    "Accepted batches still to be worked.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
STREAM_OPENS: Final = Counter(
    "watchfloor_stream_opens", "Connections of senders by syslog and RELP.", ("door",), registry=REGISTRY
)
STREAM_CLOSES: Final = Counter(
    "watchfloor_stream_closes",
    "Connections of senders by syslog and RELP that have ended, by reason; `done` is the good one.",
    ("door", "reason"),
    registry=REGISTRY,
)
CERTIFICATE_EXPIRY: Final = Gauge(
    "watchfloor_stream_certificate_expiry_seconds",
    "When the certificate of the listeners for syslog and RELP expires, in seconds since 1970.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
EVENTS: Final = Counter(
    "watchfloor_events",
    "Events that left normalising, by source; `quarantined` counts poison, `unparsed` unknown sources.",
    ("source",),
    registry=REGISTRY,
)
MATCHES: Final = Counter(
    "watchfloor_matches", "Rule matches, before exceptions and dedup.", ("level",), registry=REGISTRY
)
ALERTS: Final = Counter("watchfloor_alerts", "New alerts.", ("level",), registry=REGISTRY)
LAKE_FILES: Final = Counter(
    "watchfloor_lake_files",
    "The lake's files, by what became of them: `made` of small ones, `retired` for it, `removed` later.",
    ("outcome",),
    registry=REGISTRY,
)
REPORT_MAILS: Final = Counter(
    "watchfloor_report_mails", "Mails about reports, by what became of each attempt.", ("outcome",), registry=REGISTRY
)
CHAT_INTERACTIONS: Final = Histogram(
    "watchfloor_chat_interaction_seconds",
    "Time to answer an interaction of the chat, by what became of it.",
    ("outcome",),
    registry=REGISTRY,
    buckets=_SECONDS,
)
CHAT_UPDATES: Final = Counter(
    "watchfloor_chat_updates",
    "What the bot sent to the chat by itself, by kind and by what became of it.",
    ("kind", "outcome"),
    registry=REGISTRY,
)
CHAT_LAG: Final = Gauge(
    "watchfloor_chat_lag_seconds",
    "For how long the oldest card has waited to be shown in the chat.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
CHAT_GATEWAY: Final = Gauge(
    "watchfloor_chat_gateway_up",
    "1 while the chat's gateway is connected.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
ALERT_DELAY: Final = Histogram(
    "watchfloor_alert_delay_seconds",
    "From the acceptance of an event to the alert that it raised.",
    registry=REGISTRY,
    buckets=_SECONDS,
)
OUTBOX_BACKLOG: Final = Gauge(
    "watchfloor_outbox_backlog_messages",
    "Messages still to be delivered.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
OUTBOX_DELIVERIES: Final = Counter(
    "watchfloor_outbox_deliveries", "Attempts to deliver a message, by result.", ("topic", "outcome"), registry=REGISTRY
)
CONNECTOR_TURNS: Final = Counter(
    "watchfloor_connector_turns",
    "Turns of connectors' streams, by connector and by what became of them: done, more, fault, full, fenced, broken.",
    ("connector", "outcome"),
    registry=REGISTRY,
)
CONNECTOR_OBJECTS: Final = Counter(
    "watchfloor_connector_objects",
    "Objects that connectors were told of, by connector and by what became of them: read, known, passed, foreign, gone,"
    " unreadable, failed; and unknown_message for what announced none.",
    ("connector", "outcome"),
    registry=REGISTRY,
)
PAGE_STEPS: Final = Counter(
    "watchfloor_page_steps",
    "Attempts to reach somebody on call, by lane and result: sent, failed, uncertain, broken.",
    ("lane", "outcome"),
    registry=REGISTRY,
)
EGRESS_REQUESTS: Final = Counter(
    "watchfloor_egress_requests",
    "Outbound requests, by purpose and result: answered, refused, failed.",
    ("purpose", "outcome"),
    registry=REGISTRY,
)


class Tracing(Protocol):
    """A running trace export."""

    def shutdown(self) -> None:
        """Send what is left and stop."""
        ...


class _Current:
    """The tracer of this process; before `start_tracing` one that does nothing."""

    tracer: trace.Tracer = trace.NoOpTracer()


_current: Final = _Current()


def metrics_text() -> bytes:
    """All metrics in the Prometheus text format: of all programs under one `watchfloor up`, else of this process."""
    directory = metrics_directory()
    if directory is None:
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    MultiProcessCollector(shared, path=str(directory))  # type: ignore[no-untyped-call]  # the library has no types here
    return generate_latest(shared)


def start_tracing(*, process: str, version: str, endpoint: str | None, exporter: SpanExporter | None = None) -> Tracing:
    """Trace this process from now on. Without an endpoint spans are made (log lines carry their ids) and go nowhere.

    `endpoint` is the base URL of an OTLP/HTTP collector; `exporter` replaces it. It is called once at start;
    calling it again replaces the former set-up. Nothing is installed for the libraries' own spans.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"watchfloor-{process}", "service.version": version})
    )
    if exporter is None and endpoint is not None:
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    _current.tracer = provider.get_tracer("watchfloor", version)
    return provider


@contextmanager
def span(name: str, **attributes: str | float | bool) -> Generator[None]:
    """A span around a block. Errors mark it by their type; their text, which may quote input, stays out."""
    with _current.tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))
            raise


def trace_id() -> str | None:
    """The id of the trace that is under way, as 32 hexadecimal digits."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None
