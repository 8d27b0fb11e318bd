-- The audit log: one hash chain a tenant, appended to through one function only (A1-A4).
create table wf.audit_entries (
  tenant_id uuid not null,
  seq bigint not null check (seq > 0),
  id uuid not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('person', 'api_key', 'feed', 'system')),
  actor_id text not null check (length(actor_id) <= 64),
  as_role text not null check (length(as_role) <= 32),
  action text not null check (length(action) <= 64),
  object_kind text not null check (length(object_kind) <= 32),
  object_id text not null check (length(object_id) <= 128),
  before_hash bytea check (length(before_hash) = 32),
  after_hash bytea check (length(after_hash) = 32),
  detail_hash bytea check (length(detail_hash) = 32),
  request_id text not null check (length(request_id) <= 64),
  previous_hash bytea not null check (length(previous_hash) = 32),
  hash bytea not null check (length(hash) = 32),
  primary key (tenant_id, seq)
);
create index audit_entries_by_object on wf.audit_entries (tenant_id, object_kind, object_id, seq);
call private.isolate('wf.audit_entries');
grant select on wf.audit_entries to wf_app, wf_bot, wf_report, wf_auth;

-- Personal data of an entry stands beside the chain, sealed with the tenant's key: destroying the key
-- takes it away without breaking the chain.
create table wf.audit_details (
  tenant_id uuid not null,
  seq bigint not null,
  sealed bytea not null,
  primary key (tenant_id, seq),
  foreign key (tenant_id, seq) references wf.audit_entries (tenant_id, seq)
);
call private.isolate('wf.audit_details');
grant select on wf.audit_details to wf_app, wf_bot, wf_report;

create table wf.audit_tips (
  tenant_id uuid primary key,
  seq bigint not null,
  hash bytea not null check (length(hash) = 32)
);
call private.isolate('wf.audit_tips');
grant select on wf.audit_tips to wf_app, wf_bot, wf_report, wf_auth;

create table wf.audit_heads (
  tenant_id uuid not null,
  seq bigint not null,
  hash bytea not null check (length(hash) = 32),
  signed_at timestamptz not null,
  key_id text not null check (length(key_id) <= 64),
  signature bytea not null check (length(signature) = 64),
  primary key (tenant_id, seq)
);
call private.isolate('wf.audit_heads');
grant select, insert on wf.audit_heads to wf_app;
grant select on wf.audit_heads to wf_bot, wf_report;

-- A field as length (4 bytes, -1 for null) and bytes, so that no two entries share their bytes.
create function private.audit_field(value bytea) returns bytea
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select case when value is null then int4send(-1) else int4send(length(value)) || value end
$$;

-- Appends one entry and returns its number. The tip's row lock puts a tenant's entries in one order.
-- hash = sha256(0x00 || fields): the leading byte keeps entries apart from anything else that is hashed.
create function wf.audit_append(
  entry_id uuid,
  actor_kind text,
  actor_id text,
  as_role text,
  action text,
  object_kind text,
  object_id text,
  before_hash bytea,
  after_hash bytea,
  sealed bytea,
  request_id text
) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid := wf.tenant();
  tip record;
  next_seq bigint;
  moment timestamptz := clock_timestamp();
  detail bytea := case when sealed is null then null else sha256(sealed) end;
  entry_hash bytea;
begin
  if tenant is null then
    raise exception 'audit_append needs a tenant context' using errcode = 'insufficient_privilege';
  end if;
  select t.seq, t.hash into tip from wf.audit_tips t where t.tenant_id = tenant for update;
  if not found then
    insert into wf.audit_tips (tenant_id, seq, hash)
    values (tenant, 0, sha256('\x02'::bytea || uuid_send(tenant)))
    on conflict (tenant_id) do nothing;
    select t.seq, t.hash into tip from wf.audit_tips t where t.tenant_id = tenant for update;
  end if;
  next_seq := tip.seq + 1;
  entry_hash := sha256(
    '\x00'::bytea
    || tip.hash
    || uuid_send(tenant)
    || int8send(next_seq)
    || uuid_send(entry_id)
    || int8send((extract(epoch from moment) * 1000000)::bigint)
    || private.audit_field(convert_to(actor_kind, 'UTF8'))
    || private.audit_field(convert_to(actor_id, 'UTF8'))
    || private.audit_field(convert_to(as_role, 'UTF8'))
    || private.audit_field(convert_to(action, 'UTF8'))
    || private.audit_field(convert_to(object_kind, 'UTF8'))
    || private.audit_field(convert_to(object_id, 'UTF8'))
    || private.audit_field(before_hash)
    || private.audit_field(after_hash)
    || private.audit_field(detail)
    || private.audit_field(convert_to(request_id, 'UTF8')));
  insert into wf.audit_entries (
    tenant_id, seq, id, at, actor_kind, actor_id, as_role, action, object_kind, object_id,
    before_hash, after_hash, detail_hash, request_id, previous_hash, hash)
  values (
    tenant, next_seq, entry_id, moment, actor_kind, actor_id, as_role, action, object_kind, object_id,
    before_hash, after_hash, detail, request_id, tip.hash, entry_hash);
  if sealed is not null then
    insert into wf.audit_details (tenant_id, seq, sealed) values (tenant, next_seq, sealed);
  end if;
  update wf.audit_tips t set seq = next_seq, hash = entry_hash where t.tenant_id = tenant;
  return next_seq;
end
$$;
grant execute on function wf.audit_append(uuid, text, text, text, text, text, text, bytea, bytea, bytea, text)
  to wf_app, wf_bot, wf_report, wf_auth;
