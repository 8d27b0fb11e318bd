insert into wf.incident_sla (
  tenant_id, incident_id, target, severity, allowed, started_at, measured_at, elapsed, paused, warns_at, deadline, met_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), target, 'high', interval '8 hours',
       now() - i * interval '1 hour', now(), interval '1 hour', interval '0', now() + i * interval '1 minute',
       now() + i * interval '2 minutes', case when i % 10 <> 0 then now() end
  from pg_temp.sample, generate_series(1, middling) i, unnest(array['acknowledge', 'resolve']) target
