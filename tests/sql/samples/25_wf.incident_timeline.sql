insert into wf.incident_timeline (tenant_id, id, incident_id, at, kind, actor_kind, actor_id, body)
select tenant_id, pg_temp.sample_id(tenant_id, 'timeline', i), pg_temp.sample_id(tenant_id, 'incident', 1 + i % middling),
       now() - i * interval '1 minute', 'note', 'person', 'per_1', 'sealed'
  from pg_temp.sample, generate_series(1, many) i
