insert into auth.tenants (id, slug, code, name, kind, state)
select tenant_id, 'sample-' || number, 'S' || number, 'Sample ' || number, 'customer', 'active'
  from pg_temp.sample
