-- Schemas and the signed tenant context (invariants T3, T5, T8).
--
-- wf       a tenant's records: row-level security on every table
-- auth     the directory: who may sign in, with what; only wf_auth may read it
-- private  what no login role may read: the key that signs tenant contexts
-- The schema wf and its list of applied migrations stand already: `watchfloor migrate` keeps the list there.
create schema auth;
create schema private;

revoke all on schema wf, auth, private from public;
grant usage on schema wf to wf_app, wf_bot, wf_report, wf_auth;
grant usage on schema auth to wf_auth, wf_app;
grant select on wf.schema_migrations to wf_app, wf_bot, wf_report, wf_auth;

alter default privileges revoke execute on functions from public;

-- The two pads of HMAC (RFC 2104) for one key: sha256 is built in, hmac is not.
create table private.context_keys (
  id smallint primary key,
  inner_pad bytea not null check (length(inner_pad) = 64),
  outer_pad bytea not null check (length(outer_pad) = 64),
  created_at timestamptz not null default now()
);

-- The tenant of this transaction, or null. A context is '<key id>:<tenant>:<hex hmac>', signed for one
-- login role, so that neither injected SQL nor another role's context can choose a tenant.
-- Both sides are hashed once more before they are compared, so that timing tells nothing.
create function wf.tenant() returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  context text := current_setting('wf.context', true);
  parts text[];
  key record;
  expected bytea;
begin
  if context is null or context !~ '^[0-9]{1,4}:[0-9a-f-]{36}:[0-9a-f]{64}$' then
    return null;
  end if;
  parts := string_to_array(context, ':');
  select k.inner_pad, k.outer_pad
    into key
    from private.context_keys k
   where k.id = parts[1]::smallint;
  if not found then
    return null;
  end if;
  expected := sha256(key.outer_pad || sha256(key.inner_pad || convert_to(session_user || ':' || parts[2], 'UTF8')));
  if sha256(expected) <> sha256(decode(parts[3], 'hex')) then
    return null;
  end if;
  return parts[2]::uuid;
end
$$;
grant execute on function wf.tenant() to wf_app, wf_bot, wf_report, wf_auth;

-- Puts a tenant table behind its tenant: the one policy text that the catalogue lint accepts (T2).
create procedure private.isolate(target regclass)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy tenant_isolation on %s for all'
    ' using (tenant_id = (select wf.tenant()))'
    ' with check (tenant_id = (select wf.tenant()))', target);
end
$$;
revoke execute on procedure private.isolate(regclass) from public;

-- What this database is. Written once; a demo never becomes a production system, nor the other way round.
create table wf.installation (
  singleton boolean primary key default true check (singleton),
  kind text not null check (kind in ('production', 'demo', 'test')),
  created_at timestamptz not null default now()
);
grant select on wf.installation to wf_app, wf_bot, wf_report, wf_auth;

-- Fenced leases (Q2): a holder writes with its epoch; an older epoch is a zombie.
create table wf.leases (
  name text primary key check (length(name) <= 100),
  holder text not null check (length(holder) <= 200),
  epoch bigint not null,
  expires_at timestamptz not null
);
grant select, insert, update on wf.leases to wf_app;
