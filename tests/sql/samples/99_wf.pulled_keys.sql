insert into wf.pulled_keys (tenant_id, key_hash, day)
select tenant_id, decode(md5(tenant_id::text || i), 'hex'), current_date - i % 40
  from pg_temp.sample, generate_series(1, many) i
