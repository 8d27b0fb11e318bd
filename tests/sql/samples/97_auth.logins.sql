insert into auth.logins (person_id, authenticated_by)
select pg_temp.sample_id(tenant_id, 'person', i), 'oidc'
  from pg_temp.sample, generate_series(1, few) i
