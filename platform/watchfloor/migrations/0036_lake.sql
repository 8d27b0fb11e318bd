-- The lake's files are Parquet, each encrypted with a key of its own, which stands here sealed with the tenant's. Small
-- files are put together: what that replaces is retired, read by searches that began before, and removed later. Files
-- of the form before (`ndjson.zst`, sealed with the tenant's key itself) are rewritten in the background.
alter table wf.lake_segments
  drop constraint lake_segments_format_check,
  alter column format set default 'parquet',
  add column level smallint not null default 0 check (level between 0 and 9),
  add column sources text[] not null default '{}' check (cardinality(sources) <= 1000),
  add column raw_bytes bigint not null default 0 check (raw_bytes >= 0),
  add column key bytea check (length(key) <= 256),
  add column sightings_bytes bigint check (sightings_bytes > 0),
  add column sightings_sha256 bytea check (length(sightings_sha256) = 32),
  add column retired_at timestamptz,
  add constraint lake_segments_format_check check (format in ('ndjson.zst', 'parquet')),
  add check ((key is null) = (format = 'ndjson.zst')),
  add check ((sightings_bytes is null) = (sightings_sha256 is null));

drop index wf.lake_segments_time;
create index lake_segments_time on wf.lake_segments (tenant_id, last_event_at, first_event_at) where retired_at is null;
create index lake_segments_fresh on wf.lake_segments (tenant_id, id) where retired_at is null and level = 0;
create index lake_segments_small on wf.lake_segments (tenant_id, day)
 where retired_at is null and level > 0 and raw_bytes < 64000000;
create index lake_segments_retired on wf.lake_segments (tenant_id, retired_at) where retired_at is not null;
create index lake_segments_older on wf.lake_segments (tenant_id, id) where format = 'ndjson.zst' and retired_at is null;
grant update (key, key_version, retired_at) on wf.lake_segments to wf_app;
