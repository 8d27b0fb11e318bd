insert into wf.evidence_entries (
  tenant_id, id, kind, metric, numerator, denominator, incident_id, valid_from, valid_until, note, entered_by,
  entered_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'evidence', i), 'E' || lpad((1 + i % 30)::text, 2, '0'), 'accounts',
       9, 10, case when i % 5 = 0 then pg_temp.sample_id(tenant_id, 'incident', i) end, current_date - 30, current_date,
       '\x00', 'per_1', now() - i * interval '1 hour'
  from pg_temp.sample, generate_series(1, middling) i
