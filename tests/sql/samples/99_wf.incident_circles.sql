insert into wf.incident_circles (tenant_id, incident_id, person_id, named_by)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), pg_temp.sample_id(tenant_id, 'person', 1), 'per_1'
  from pg_temp.sample, generate_series(1, middling) i
