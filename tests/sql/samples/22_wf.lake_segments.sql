insert into wf.lake_segments (
  tenant_id, id, day, path, format, events, stored_bytes, sha256, first_event_at, last_event_at, key_version)
select tenant_id, pg_temp.sample_id(tenant_id, 'segment', i), current_date, 'sample/' || i, 'ndjson.zst', 10, 1000,
       sha256('segment'), now() - (i + 1) * interval '1 minute', now() - i * interval '1 minute', 1
  from pg_temp.sample, generate_series(1, many) i
