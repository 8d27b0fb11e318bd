insert into wf.audit_heads (tenant_id, seq, hash, signed_at, key_id, signature)
select tenant_id, i, sha256(i::text::bytea), now(), '0123456789abcdef', sha256('a') || sha256('b')
  from pg_temp.sample, generate_series(1, middling) i
