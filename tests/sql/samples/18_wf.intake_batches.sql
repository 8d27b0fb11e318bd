insert into wf.intake_batches (
  tenant_id, id, lane, feed_id, door, remote, user_agent, metadata, events, raw_bytes, body)
select tenant_id, pg_temp.sample_id(tenant_id, 'batch', i), i % 3, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       'hec', '192.0.2.1', 'sample', 'sealed', 10, 1000, 'sealed'
  from pg_temp.sample, generate_series(1, middling) i
