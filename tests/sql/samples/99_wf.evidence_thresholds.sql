insert into wf.evidence_thresholds (tenant_id, kind, metric, number, set_by)
select tenant_id, 'E' || lpad((1 + i % 30)::text, 2, '0'), 'metric_' || i, 99, 'per_1'
  from pg_temp.sample, generate_series(1, few) i
