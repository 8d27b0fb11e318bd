insert into auth.sessions (id_hash, person_id, csrf_hash, authenticated_by, user_agent, expires_at)
select sha256(format('session %s %s', tenant_id, i)::bytea), pg_temp.sample_id(tenant_id, 'person', i),
       sha256('csrf'), 'oidc', 'sample', now() + interval '1 hour'
  from pg_temp.sample, generate_series(1, few) i
