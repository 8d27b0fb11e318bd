insert into auth.people (id, email, name)
select pg_temp.sample_id(tenant_id, 'person', i), format('p%s@sample-%s.example', i, number), 'Person ' || i
  from pg_temp.sample, generate_series(1, few) i
