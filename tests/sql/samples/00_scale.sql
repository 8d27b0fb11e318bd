-- What the samples are made for: one row a tenant, with how many rows the small (few), the middling and the
-- large (many) tables get. Ids are made from names, so that the files need not know each other.
create temp table sample (
  number integer primary key,
  tenant_id uuid not null,
  few integer not null,
  middling integer not null,
  many integer not null
);
create function pg_temp.sample_id(tenant uuid, kind text, number bigint) returns uuid
language sql
immutable
as $$ select md5(tenant::text || kind || number::text)::uuid $$;
