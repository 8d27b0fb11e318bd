insert into wf.breach_holds (tenant_id, id, case_id, is_held, reason, by)
select tenant_id, pg_temp.sample_id(tenant_id, 'hold', i), pg_temp.sample_id(tenant_id, 'breach', i), true, 'sealed',
       'per_1'
  from pg_temp.sample, generate_series(1, few) i
