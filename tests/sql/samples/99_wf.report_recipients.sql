insert into wf.report_recipients (tenant_id, address_index, address, kinds)
select tenant_id, substr(sha256(convert_to(i::text, 'UTF8')), 1, 16), 'sealed', 'service controls'
  from pg_temp.sample, generate_series(1, few) i
