insert into wf.outbox (tenant_id, id, topic, key, payload, available_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'message', i),
       (array['incident.changed', 'report.requested'])[1 + i % 2], 'key ' || i, '{}',
       now() - i * interval '1 second'
  from pg_temp.sample, generate_series(1, middling) i
