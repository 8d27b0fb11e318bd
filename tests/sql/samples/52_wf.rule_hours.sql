insert into wf.rule_hours (tenant_id, rule_id, hour, matches, opened, reserved, held_matches, held_keys)
select tenant_id, 'rule-' || i % 50, date_trunc('hour', now()) - i * interval '1 hour', 10, 2, 0, 0, 0
  from pg_temp.sample, generate_series(1, middling) i
