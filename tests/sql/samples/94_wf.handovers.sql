insert into wf.handovers (tenant_id, digest, body, made_by)
select tenant_id, sha256(i::text::bytea), '\x00', 'per_1'
  from pg_temp.sample, generate_series(1, middling) i
