-- The directory: tenants, people, memberships and credentials. It is global because it answers the
-- question "which tenant?"; only wf_auth reads it.
create table auth.tenants (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z][a-z0-9-]{1,30}[a-z0-9]$'),
  code text not null unique check (code ~ '^[A-Z][A-Z0-9]{1,7}$'),
  name text not null check (length(name) between 1 and 200),
  kind text not null check (kind in ('customer', 'operator')),
  state text not null check (state in ('onboarding', 'active', 'suspended', 'offboarding', 'offboarded')),
  created_at timestamptz not null default now()
);
create unique index tenants_one_operator on auth.tenants (kind) where kind = 'operator';
grant select, insert, update on auth.tenants to wf_auth;
-- Workers go from tenant to tenant; they need no names for that.
grant select (id, kind, state) on auth.tenants to wf_app;

create table auth.people (
  id uuid primary key,
  email text not null check (length(email) between 3 and 320),
  name text not null check (length(name) between 1 and 200),
  state text not null default 'active' check (state in ('active', 'disabled')),
  issuer text check (length(issuer) <= 300),
  subject text check (length(subject) <= 300),
  created_at timestamptz not null default now(),
  check ((issuer is null) = (subject is null))
);
create unique index people_email on auth.people (lower(email));
create unique index people_identity on auth.people (issuer, subject) where issuer is not null;
grant select, insert, update, delete on auth.people to wf_auth;

create table auth.memberships (
  id uuid primary key,
  tenant_id uuid not null references auth.tenants (id),
  person_id uuid not null references auth.people (id),
  role text not null check (role in (
    'viewer', 'approver', 'admin', 'privacy_officer',
    'analyst', 'lead', 'content_engineer', 'platform_admin')),
  granted_by uuid references auth.people (id),
  granted_at timestamptz not null default now(),
  expires_at timestamptz
);
create unique index memberships_one_role on auth.memberships (tenant_id, person_id, role);
create index memberships_person on auth.memberships (person_id);
create index memberships_granted_by on auth.memberships (granted_by);
grant select, insert, update, delete on auth.memberships to wf_auth;

-- Only the SHA-256 of a session's id is kept (I5).
create table auth.sessions (
  id_hash bytea primary key check (length(id_hash) = 32),
  person_id uuid not null references auth.people (id),
  csrf_hash bytea not null check (length(csrf_hash) = 32),
  authenticated_by text not null check (authenticated_by in ('oidc', 'development')),
  user_agent text not null check (length(user_agent) <= 400),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_person on auth.sessions (person_id);
create index sessions_expiry on auth.sessions (expires_at);
grant select, insert, update, delete on auth.sessions to wf_auth;

-- I1: the id is public, the secret is shown once, only its SHA-256 is kept.
create table auth.api_keys (
  id text primary key check (id ~ '^[0-9a-zA-Z]{8}$'),
  tenant_id uuid not null references auth.tenants (id),
  name text not null check (length(name) between 1 and 100),
  secret_hash bytea not null check (length(secret_hash) = 32),
  scopes text[] not null,
  created_by uuid not null references auth.people (id),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  replaces text references auth.api_keys (id),
  check (expires_at <= created_at + interval '365 days')
);
create index api_keys_tenant on auth.api_keys (tenant_id);
create index api_keys_created_by on auth.api_keys (created_by);
create index api_keys_replaces on auth.api_keys (replaces);
grant select, insert, update, delete on auth.api_keys to wf_auth;

-- A feed's token names its tenant: the payload never does (N2).
create table auth.feed_tokens (
  id text primary key check (id ~ '^[0-9a-zA-Z]{8,32}$'),
  tenant_id uuid not null references auth.tenants (id),
  feed_id uuid not null,
  secret_hash bytea not null check (length(secret_hash) = 32),
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index feed_tokens_tenant on auth.feed_tokens (tenant_id, feed_id);
grant select, insert, update, delete on auth.feed_tokens to wf_auth;

-- A tenant's coming and leaving take several stores; each step that is done stands here, so that a run that was cut
-- short goes on where it stopped. It outlives the tenant: the proof of its erasure is made of it (S4).
create table auth.tenant_steps (
  tenant_id uuid not null references auth.tenants (id),
  journey text not null check (journey in ('onboard', 'offboard')),
  step text not null check (length(step) <= 64),
  done_at timestamptz not null,
  outcome jsonb not null,
  primary key (tenant_id, journey, step)
);
grant select, insert on auth.tenant_steps to wf_auth;
