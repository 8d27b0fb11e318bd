-- finds: wf.installation, schema wf, auth.tenants
grant select on wf.installation to public;
grant usage on schema wf to public;
grant select (id) on auth.tenants to public;
