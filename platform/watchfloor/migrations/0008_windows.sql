-- What correlations remember: one row a correlation and group, with the matches that may still count, sealed. Rows are
-- rewritten often: room is left in each page, so that a rewrite needs no new index entries as long as its times, which
-- are rounded up, stay the same.
create table wf.correlation_windows (
  tenant_id uuid not null,
  window_index bytea not null check (length(window_index) = 16),
  rule_id text not null check (length(rule_id) <= 64),
  state bytea not null,
  due_at timestamptz,
  expires_at timestamptz not null,
  primary key (tenant_id, window_index)
) with (fillfactor = 70);
alter table wf.correlation_windows alter column state set storage external;
alter table wf.correlation_windows set (autovacuum_vacuum_scale_factor = 0.05);
create index correlation_windows_due on wf.correlation_windows (tenant_id, due_at) where due_at is not null;
create index correlation_windows_expiry on wf.correlation_windows (tenant_id, expires_at, window_index);
call private.isolate('wf.correlation_windows');
grant select, insert, update, delete on wf.correlation_windows to wf_app;
