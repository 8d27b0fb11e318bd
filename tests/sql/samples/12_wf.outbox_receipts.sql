insert into wf.outbox_receipts (tenant_id, consumer, message_id)
select tenant_id, 'console', pg_temp.sample_id(tenant_id, 'message', i)
  from pg_temp.sample, generate_series(1, many) i
