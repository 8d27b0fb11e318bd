-- finds: wf.planted_bundle, wf.planted_amount
create index planted_bundle on wf.tenants using gin (bundle);
create index planted_amount on wf.tenants (tenant_id, (length(name)::numeric));
