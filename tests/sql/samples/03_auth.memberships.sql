insert into auth.memberships (id, tenant_id, person_id, role)
select pg_temp.sample_id(tenant_id, 'membership', i), tenant_id, pg_temp.sample_id(tenant_id, 'person', i),
       case when i = 1 then 'admin' else 'viewer' end
  from pg_temp.sample, generate_series(1, few) i
