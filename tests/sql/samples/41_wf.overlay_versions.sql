insert into wf.overlay_versions (tenant_id, version)
select tenant_id, 7
  from pg_temp.sample
