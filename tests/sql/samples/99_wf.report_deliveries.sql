insert into wf.report_deliveries (tenant_id, id, report_id, address_index, address, asked_by, state, sent_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'delivery', i), pg_temp.sample_id(tenant_id, 'report', i),
       substr(sha256(convert_to(i::text, 'UTF8')), 1, 16), 'sealed', 'per_1', case when i % 50 = 0 then 'due' else 'sent' end, now()
  from pg_temp.sample, generate_series(1, middling) i
