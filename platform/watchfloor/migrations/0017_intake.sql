-- The intake: what it takes a request for, what it turned away, and what it knows of batches that stand elsewhere.
--
-- `places` says of a batch that was put back where its events stood when they first came: by that they are known.
alter table wf.intake_batches add column places bytea check (length(places) <= 1000000);

-- What a door said about an event besides its body, sealed: host, source, time.
alter table wf.quarantine add column context bytea check (length(context) <= 1000000);

-- Batches that stand in NATS JetStream. A row with `taken_at` is written by the transaction that works the batch: if the
-- acknowledgement gets lost, the batch comes again and finds the row. `attempts` counts failures before that, and
-- `given_up` says why nobody shall try any more. `sequence` is the batch's in its tenant's stream.
create table wf.intake_marks (
  tenant_id uuid not null,
  batch_id uuid not null,
  lane smallint not null check (lane between 0 and 2),
  sequence bigint not null,
  attempts smallint not null default 0,
  given_up text check (length(given_up) <= 1000),
  taken_at timestamptz,
  primary key (tenant_id, batch_id)
);
create index intake_marks_sequence on wf.intake_marks (tenant_id, lane, sequence);
call private.isolate('wf.intake_marks');
grant select, insert, update, delete on wf.intake_marks to wf_app;

-- Since when the oldest batch of a lane waits that stands outside of the database.
create table wf.intake_waiting (
  tenant_id uuid not null,
  lane smallint not null check (lane between 0 and 2),
  oldest_at timestamptz not null,
  primary key (tenant_id, lane)
);
call private.isolate('wf.intake_waiting');
grant select, insert, update, delete on wf.intake_waiting to wf_app;

-- What was turned away at the doors for want of room, by hour and cause. `events` counts those that had been read.
create table wf.intake_refusals (
  tenant_id uuid not null,
  feed_id uuid not null,
  hour timestamptz not null,
  cause text not null check (cause in ('backlog', 'rate')),
  requests bigint not null check (requests >= 0),
  events bigint not null check (events >= 0),
  raw_bytes bigint not null check (raw_bytes >= 0),
  last_at timestamptz not null,
  primary key (tenant_id, feed_id, hour, cause),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create index intake_refusals_age on wf.intake_refusals (tenant_id, hour);
call private.isolate('wf.intake_refusals');
grant select, insert, update, delete on wf.intake_refusals to wf_app;
grant select on wf.intake_refusals to wf_bot, wf_report;
