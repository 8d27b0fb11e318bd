insert into auth.api_keys (id, tenant_id, name, secret_hash, scopes, created_by, expires_at)
select lpad(to_hex(number * 10000 + i), 8, '0'), tenant_id, 'key ' || i, sha256('secret'), '{incident.read}',
       pg_temp.sample_id(tenant_id, 'person', 1), now() + interval '30 days'
  from pg_temp.sample, generate_series(1, few) i
