insert into wf.asset_weights (tenant_id, kind, value_index, value, weight, set_by)
select tenant_id, 'host', decode(md5(i::text), 'hex'), 'sealed', 'high', 'per_1'
  from pg_temp.sample, generate_series(1, few) i
