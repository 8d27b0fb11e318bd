insert into wf.alert_entities (tenant_id, alert_id, kind, value_index, value)
select tenant_id, pg_temp.sample_id(tenant_id, 'alert', i), 'host', decode(md5((i % 200)::text), 'hex'), 'sealed'
  from pg_temp.sample, generate_series(1, many) i
