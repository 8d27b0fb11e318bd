insert into auth.chat_codes (code_hash, person_id, expires_at)
select sha256(format('code %s %s', tenant_id, i)::bytea), pg_temp.sample_id(tenant_id, 'person', i),
       now() + interval '5 minutes'
  from pg_temp.sample, generate_series(1, few) i
