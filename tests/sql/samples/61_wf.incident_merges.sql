insert into wf.incident_merges (tenant_id, incident_id, into_id, state)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', 2 * i), pg_temp.sample_id(tenant_id, 'incident', 2 * i - 1), 'new'
  from pg_temp.sample, generate_series(1, middling / 2) i
