-- What no parser knows: by feed and shape, how many events, since when, and a few of them. `shape` is a keyed hash; the
-- nil UUID stands for all shapes beyond the bound of a feed, and has neither sketch nor samples.
create table wf.unparsed_sources (
  tenant_id uuid not null,
  feed_id uuid not null,
  shape uuid not null,
  events bigint not null check (events > 0),
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  sketch bytea not null check (length(sketch) <= 4096),
  samples bytea not null check (length(samples) <= 16384),
  primary key (tenant_id, feed_id, shape),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create index unparsed_sources_age on wf.unparsed_sources (tenant_id, last_seen_at);
create index unparsed_sources_most on wf.unparsed_sources (tenant_id, events desc, feed_id, shape);
call private.isolate('wf.unparsed_sources');
grant select, insert, update, delete on wf.unparsed_sources to wf_app;
