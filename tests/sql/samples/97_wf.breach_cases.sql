insert into wf.breach_cases (
  tenant_id, id, year, number, status, telling, version, document, created_by, updated_by, created_at, updated_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'breach', i), 2026, i,
       (array['assessing', 'closed', 'closed', 'not_a_breach', 'closed'])[1 + i % 5], 'undecided', 1, 'sealed', 'per_1',
       'per_1', now() - i * interval '1 hour', now() - i * interval '1 hour'
  from pg_temp.sample, generate_series(1, middling) i
