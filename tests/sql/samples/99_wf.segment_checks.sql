insert into wf.segment_checks (tenant_id, segment_id, checked_at, is_good)
select tenant_id, pg_temp.sample_id(tenant_id, 'segment', i), now() - i * interval '1 minute', true
  from pg_temp.sample, generate_series(1, middling) i
