insert into wf.feeds (tenant_id, id, name, door, source_hint)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', i), 'feed-' || i, 'hec', 'windows.sysmon'
  from pg_temp.sample, generate_series(1, few) i
