-- Which documents a sender numbered itself and sent by the bulk protocol: a repeat within a day is known as one.
-- Both columns are keyed hashes: of index and id, and of the document.
create table wf.bulk_documents (
  tenant_id uuid not null,
  feed_id uuid not null,
  document_index bytea not null check (length(document_index) = 16),
  content_index bytea not null check (length(content_index) = 16),
  taken_at timestamptz not null default now(),
  primary key (tenant_id, feed_id, document_index),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create index bulk_documents_age on wf.bulk_documents (tenant_id, taken_at);
call private.isolate('wf.bulk_documents');
grant select, insert, update, delete on wf.bulk_documents to wf_app;
