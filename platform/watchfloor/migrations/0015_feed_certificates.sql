-- The client certificates by which senders of syslog and RELP show who they are. Known by the SHA-256 of the whole
-- certificate: a name inside one is a label and says nothing.
create table auth.feed_certificates (
  fingerprint bytea primary key check (length(fingerprint) = 32),
  tenant_id uuid not null references auth.tenants (id),
  feed_id uuid not null,
  subject text not null check (length(subject) <= 200),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index feed_certificates_feed on auth.feed_certificates (tenant_id, feed_id);
grant select, insert, update, delete on auth.feed_certificates to wf_auth;
