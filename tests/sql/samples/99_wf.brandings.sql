insert into wf.brandings (tenant_id, headings, lines, logo, logo_sha256, details)
select tenant_id, '#0b4f6c', '#9b1c31', 'sealed', sha256('plain'), 'sealed'
  from pg_temp.sample
