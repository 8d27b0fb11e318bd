insert into wf.audit_details (tenant_id, seq, sealed)
select tenant_id, i, sha256('sealed')
  from pg_temp.sample, generate_series(1, middling) i
