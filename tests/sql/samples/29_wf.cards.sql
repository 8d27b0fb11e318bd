insert into wf.cards (tenant_id, incident_id, surface, revision, message)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), 'console', 1, 'message ' || i
  from pg_temp.sample, generate_series(1, middling) i
