insert into wf.quarantine (tenant_id, id, feed_id, batch_id, event_index, code, reason, received_at, body)
select tenant_id, pg_temp.sample_id(tenant_id, 'poison', i), pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       pg_temp.sample_id(tenant_id, 'batch', i), i, 'invalid', 'sample', now(), 'sealed'
  from pg_temp.sample, generate_series(1, middling) i
