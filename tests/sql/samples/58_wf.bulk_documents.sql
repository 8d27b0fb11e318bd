insert into wf.bulk_documents (tenant_id, feed_id, document_index, content_index, taken_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few), substr(sha256(i::text::bytea), 1, 16),
       substr(sha256((i + 1)::text::bytea), 1, 16), now() - i * interval '1 second'
  from pg_temp.sample, generate_series(1, many) i
