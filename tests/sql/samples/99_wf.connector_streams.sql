insert into wf.connector_streams
       (tenant_id, id, feed_id, name, window_start, window_end, state, due_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'stream', i), pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       'log', now() - i * interval '2 days', now() - i * interval '1 day',
       case when i % 50 = 0 then 'active' else 'done' end, now() + i * interval '1 minute'
  from pg_temp.sample, generate_series(1, middling) i
