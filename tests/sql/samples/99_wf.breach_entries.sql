insert into wf.breach_entries (
  tenant_id, id, case_id, version, place, kind, path, after, actor_kind, actor_id)
select tenant_id, pg_temp.sample_id(tenant_id, 'breach_entry', i), pg_temp.sample_id(tenant_id, 'breach', 1 + i % middling),
       1 + i / middling, 0, 'stated', 'data.records', 'sealed', 'person', 'per_1'
  from pg_temp.sample, generate_series(1, many) i
