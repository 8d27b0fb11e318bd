insert into wf.audit_tips (tenant_id, seq, hash)
select tenant_id, many, sha256(many::text::bytea)
  from pg_temp.sample
