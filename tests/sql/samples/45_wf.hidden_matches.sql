insert into wf.hidden_matches (tenant_id, exception_id, rule_id, day, hidden, last_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'exception', 1 + i % few), 'rule-' || i % 50, current_date - i, 1, now()
  from pg_temp.sample, generate_series(1, middling) i
