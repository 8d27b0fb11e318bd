insert into wf.rule_lists (tenant_id, name, body, entries, changed_by)
select tenant_id, 'list_' || i, '\x00', 1, 'per_1'
  from pg_temp.sample, generate_series(1, few) i
