insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash, contacts)
select tenant_id, 'S' || number, 'Sample ' || number, 'en', 'Europe/Berlin', '{}', sha256('{}'), 'sealed'
  from pg_temp.sample
