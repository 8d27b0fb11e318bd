-- More doors, and what may be chosen of a feed beyond its door.
alter table wf.feeds drop constraint feeds_door_check;
alter table wf.feeds
  add constraint feeds_door_check
  check (door in ('hec', 'ndjson', 'bulk', 'otlp', 'syslog', 'relp', 'osquery'));
alter table wf.feeds
  add column options jsonb not null default '{}'
  check (jsonb_typeof(options) = 'object' and length(options::text) <= 2000);
