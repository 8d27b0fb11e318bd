insert into wf.intake_receipts (tenant_id, feed_id, request_hash, events, received_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few), sha256(i::text::bytea), 10,
       now() - i * interval '1 second'
  from pg_temp.sample, generate_series(1, many) i
