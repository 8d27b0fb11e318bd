insert into wf.sla_agreements (tenant_id, version, body)
select tenant_id, md5(tenant_id::text || n), '{}'
  from pg_temp.sample, generate_series(1, 3) as n
