insert into wf.merged_alerts (tenant_id, incident_id, alert_id)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', 1 + i % middling), pg_temp.sample_id(tenant_id, 'alert', i)
  from pg_temp.sample, generate_series(1, middling) i
