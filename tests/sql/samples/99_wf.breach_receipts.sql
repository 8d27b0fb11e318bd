insert into wf.breach_receipts (tenant_id, id, notice_id, name, content, sha256, added_by)
select tenant_id, pg_temp.sample_id(tenant_id, 'receipt', i), pg_temp.sample_id(tenant_id, 'notice', i), 'sealed',
       'sealed', sha256('plain'), 'per_1'
  from pg_temp.sample, generate_series(1, middling) i
