insert into wf.breach_incidents (tenant_id, case_id, incident_id, added_by)
select tenant_id, pg_temp.sample_id(tenant_id, 'breach', i), pg_temp.sample_id(tenant_id, 'incident', i), 'per_1'
  from pg_temp.sample, generate_series(1, middling / 2) i
