-- How a tenant's reports look and who hands them over, when they are made by themselves, and who hears of them.
--
-- `logo` is sealed; what it held before was checked and stripped to what an image needs. `details` is the sealed JSON of
-- the sender and the line about questions. Colours are only such as can be read on white.
create table wf.brandings (
  tenant_id uuid primary key,
  headings text check (headings ~ '^#[0-9a-f]{6}$'),
  lines text check (lines ~ '^#[0-9a-f]{6}$'),
  logo bytea check (length(logo) <= 600000),
  logo_sha256 bytea check (length(logo_sha256) = 32),
  details bytea not null check (length(details) <= 8192),
  applied_at timestamptz not null default now(),
  check ((logo is null) = (logo_sha256 is null))
);
call private.isolate('wf.brandings');
grant select, insert, update, delete on wf.brandings to wf_app;
grant select on wf.brandings to wf_report;

-- Nothing is due that would have been before `since`. `languages` are parted by blanks; without one it is the tenant's.
create table wf.report_schedules (
  tenant_id uuid not null,
  name text not null check (name ~ '^[a-z]{3,20}(/[a-z0-9][a-z0-9.-]{0,39})?$'),
  kind text not null check (kind ~ '^[a-z_]{3,40}$'),
  framework text check (framework ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  every text not null check (every in ('month', 'quarter')),
  day integer not null check (day between 1 and 28),
  at text not null check (at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  languages text not null check (languages ~ '^([a-z]{2}( [a-z]{2}){0,6})?$'),
  since timestamptz not null default now(),
  primary key (tenant_id, name)
);
call private.isolate('wf.report_schedules');
grant select, insert, update, delete on wf.report_schedules to wf_app;
grant select on wf.report_schedules to wf_report;

-- What a schedule has asked for: the key is what makes that happen once.
create table wf.report_runs (
  tenant_id uuid not null,
  schedule text not null check (length(schedule) <= 64),
  period_from date not null,
  period_to date not null check (period_from < period_to),
  due_at timestamptz not null,
  requested_at timestamptz not null default now(),
  primary key (tenant_id, schedule, period_from, period_to)
);
call private.isolate('wf.report_runs');
grant select, insert on wf.report_runs to wf_app;
grant select on wf.report_runs to wf_report;

-- Who hears by mail that a report of a kind is there. `kinds` are parted by blanks.
create table wf.report_recipients (
  tenant_id uuid not null,
  address_index bytea not null check (length(address_index) = 16),
  address bytea not null check (length(address) <= 1024),
  kinds text not null check (kinds ~ '^[a-z0-9_]{2,40}( [a-z0-9_]{2,40}){0,19}$'),
  primary key (tenant_id, address_index)
);
call private.isolate('wf.report_recipients');
grant select, insert, update, delete on wf.report_recipients to wf_app;
grant select on wf.report_recipients to wf_report;

-- One mail to one person about one report. It waits until the report is ready. `handing`: it leaves now; what is found
-- so after `held_until` may have arrived, is `uncertain`, and is never sent again unless a person asks for it.
create table wf.report_deliveries (
  tenant_id uuid not null,
  id uuid not null,
  report_id uuid not null,
  address_index bytea not null check (length(address_index) = 16),
  address bytea not null check (length(address) <= 1024),
  asked_by text not null check (length(asked_by) <= 64),
  asked_at timestamptz not null default now(),
  state text not null default 'due' check (state in ('due', 'taken', 'handing', 'sent', 'failed', 'uncertain')),
  attempts integer not null default 0 check (attempts >= 0),
  due_at timestamptz not null default now(),
  held_until timestamptz,
  sent_at timestamptz,
  outcome text check (length(outcome) <= 300),
  primary key (tenant_id, id),
  foreign key (tenant_id, report_id) references wf.reports (tenant_id, id)
);
create unique index report_deliveries_once on wf.report_deliveries (tenant_id, report_id, address_index);
create index report_deliveries_due on wf.report_deliveries (tenant_id, due_at) where state in ('due', 'taken', 'handing');
call private.isolate('wf.report_deliveries');
grant select, insert, update on wf.report_deliveries to wf_app;
grant select on wf.report_deliveries to wf_report;
