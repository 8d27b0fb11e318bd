"""See `workplace`."""

from tests.domain.workplace import acme, count, make_event, make_rule, make_tenant, make_worker

__all__ = ["acme", "count", "make_event", "make_rule", "make_tenant", "make_worker"]
