insert into wf.rule_verdicts (tenant_id, rule_id, incident_id, verdict, opened_at)
select tenant_id, 'rule-' || (i % 50), pg_temp.sample_id(tenant_id, 'incident', i),
       (array['true_positive', 'benign', 'false_positive'])[1 + i % 3], now() - i * interval '1 hour'
  from pg_temp.sample, generate_series(1, middling) i
