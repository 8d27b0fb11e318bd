insert into wf.sla_warnings (tenant_id, incident_id, target, point, due_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), 'resolve', 'risk', now()
  from pg_temp.sample, generate_series(1, few) i
