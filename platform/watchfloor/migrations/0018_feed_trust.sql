-- The feed trust ledger: what each feed brought by hour, what it usually brings, and what is wrong with it.
--
-- `minutes` has a bit for each minute of the hour in which a batch was received. The two histograms count events by
-- lag, in the buckets of `feeds/trust/histogram.py`: from an event's own time to its receipt, and from there to its
-- being worked. `repeats` are events of requests that were stored before, `duplicates` events whose identity the
-- pipeline had seen shortly before.
alter table wf.feed_hours
  add column minutes bigint not null default 0 check (minutes >= 0),
  add column first_event_at timestamptz,
  add column last_received_at timestamptz,
  add column duplicates bigint not null default 0 check (duplicates >= 0),
  add column repeats bigint not null default 0 check (repeats >= 0),
  add column event_lag integer[] check (cardinality(event_lag) = 28),
  add column work_lag integer[] check (cardinality(work_lag) = 28);
create index feed_hours_age on wf.feed_hours (tenant_id, hour);

-- Since when the feed is in its state: silence is not counted from before.
alter table wf.feeds add column state_since timestamptz not null default now();

-- What a feed usually does, learned from its own past (`profile` is MessagePack), and up to where its hours are judged.
create table wf.feed_trust (
  tenant_id uuid not null,
  feed_id uuid not null,
  profile bytea check (length(profile) <= 8192),
  learned_at timestamptz,
  judged_until timestamptz,
  primary key (tenant_id, feed_id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
call private.isolate('wf.feed_trust');
grant select, insert, update, delete on wf.feed_trust to wf_app;
grant select on wf.feed_trust to wf_bot, wf_report;

-- The hours in which a feed that usually sends brought nothing.
create table wf.feed_blind_hours (
  tenant_id uuid not null,
  feed_id uuid not null,
  hour timestamptz not null,
  expected_events bigint not null check (expected_events >= 0),
  primary key (tenant_id, feed_id, hour),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create index feed_blind_hours_age on wf.feed_blind_hours (tenant_id, hour);
call private.isolate('wf.feed_blind_hours');
grant select, insert, delete on wf.feed_blind_hours to wf_app;
grant select on wf.feed_blind_hours to wf_bot, wf_report;

-- An alarm is raised once and cleared once. `since` is when the trouble began, `figures` what was seen and expected.
create table wf.feed_alarms (
  tenant_id uuid not null,
  id uuid not null,
  feed_id uuid not null,
  kind text not null check (kind in ('silent', 'volume', 'lag', 'clock', 'unparsed', 'expiry')),
  state text not null check (state in ('raised', 'cleared')),
  since timestamptz not null,
  raised_at timestamptz not null,
  cleared_at timestamptz,
  cleared_because text check (length(cleared_because) <= 16),
  figures jsonb not null check (length(figures::text) <= 2000),
  incident_id uuid,
  primary key (tenant_id, id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  check ((state = 'cleared') = (cleared_at is not null)),
  check ((cleared_at is null) = (cleared_because is null))
);
create unique index feed_alarms_open on wf.feed_alarms (tenant_id, feed_id, kind) where cleared_at is null;
create index feed_alarms_feed on wf.feed_alarms (tenant_id, feed_id, id);
create index feed_alarms_incident on wf.feed_alarms (tenant_id, incident_id);
call private.isolate('wf.feed_alarms');
grant select, insert, update, delete on wf.feed_alarms to wf_app;
grant select on wf.feed_alarms to wf_bot, wf_report;
