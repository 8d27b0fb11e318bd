-- Figures of a period find actions, alarms and notices by their time. The service report counts what a tenant excepted from the
-- rules: words of people stay sealed, rows are counted.
create index actions_requested on wf.actions (tenant_id, requested_at);
create index feed_alarms_since on wf.feed_alarms (tenant_id, since);
create index breach_notices_due on wf.breach_notices (tenant_id, due_at) where due_at is not null;
grant select on wf.rule_exceptions, wf.exception_requests to wf_report;
