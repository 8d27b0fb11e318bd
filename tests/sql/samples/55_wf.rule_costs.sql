insert into wf.rule_costs (tenant_id, rule_id, day, candidates, nanoseconds)
select tenant_id, 'rule-' || i % 50, current_date - (i / 50)::integer, 100, 1000
  from pg_temp.sample, generate_series(1, middling) i
