insert into wf.incidents (
  tenant_id, id, number, title, severity, state, first_event_at, last_event_at, opened_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), i, 'Sample ' || i,
       (array['low', 'medium', 'high', 'critical'])[1 + i % 4],
       (array['new', 'acknowledged', 'closed', 'closed', 'closed'])[1 + i % 5],
       now() - i * interval '1 hour', now() - i * interval '1 hour', now() - i * interval '1 hour'
  from pg_temp.sample, generate_series(1, middling) i
