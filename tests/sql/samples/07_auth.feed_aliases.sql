insert into auth.feed_aliases (guid_hash, tenant_id, token_id)
select sha256(format('alias %s %s', tenant_id, i)::bytea), tenant_id, md5(format('token %s %s', tenant_id, i))
  from pg_temp.sample, generate_series(1, few) i
