insert into wf.rule_settings (tenant_id, rule_id, is_disabled, level, reason, changed_by)
select tenant_id, 'rule-' || i, i % 2 = 0, case when i % 2 = 1 then 'low' end, '\x00', 'per_1'
  from pg_temp.sample, generate_series(1, few) i
