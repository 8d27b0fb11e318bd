insert into wf.incident_origins (tenant_id, incident_id, rule_id, kind, opened_at, gathered, told, last_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), 'rule-' || (i % 50),
       case when i % 20 = 0 then 'storm' else 'alert' end, now() - i * interval '1 hour', 0, 0, now() - i * interval '1 hour'
  from pg_temp.sample, generate_series(1, middling) i
