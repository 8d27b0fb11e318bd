insert into wf.held_keys (tenant_id, alert_id, dedup_index, hour)
select tenant_id, pg_temp.sample_id(tenant_id, 'alert', 1 + i % few), decode(md5(i::text), 'hex'),
       date_trunc('hour', now()) - (i % 100) * interval '1 hour'
  from pg_temp.sample, generate_series(1, middling) i
