insert into wf.exception_requests (
  tenant_id, id, incident_id, number, rule_id, body, days, because, state, requested_by, answer_by, ended_at,
  exception_id)
select tenant_id, pg_temp.sample_id(tenant_id, 'exception request', i), pg_temp.sample_id(tenant_id, 'incident', i), 1,
       'rule ' || i % 50, '\x00', 30, 'The rule is of severity high.',
       case when i % 50 = 0 then 'proposed' else 'approved' end, pg_temp.sample_id(tenant_id, 'person', 1),
       now() + interval '3 days', case when i % 50 <> 0 then now() end,
       case when i % 50 <> 0 then pg_temp.sample_id(tenant_id, 'exception', i) end
  from pg_temp.sample, generate_series(1, middling) i
