insert into wf.incident_stages (
  tenant_id, incident_id, agreement, severity, alerted_at, resolved_at, waiting_since, snoozed_until)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), md5(tenant_id::text || 1), 'high',
       now() - i * interval '1 hour', case when i % 10 <> 0 then now() end,
       case when i % 50 = 0 then now() end, case when i % 70 = 0 then now() end
  from pg_temp.sample, generate_series(1, middling) i
