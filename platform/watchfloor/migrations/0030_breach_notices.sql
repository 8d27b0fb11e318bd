-- Notices of breach cases: each is one version of a case, frozen when it was drafted, with what became of it.
--
-- Nothing here is ever changed: no login role may update or delete a row, so what was approved or sent stays as it was
-- (`sha256` is that of `snapshot` before sealing). What happens to a notice is added as a step.
create table wf.breach_notices (
  tenant_id uuid not null,
  id uuid not null,
  case_id uuid not null,
  regime text not null check (length(regime) <= 40),
  stage text not null check (length(stage) <= 60),
  rule text check (length(rule) <= 60),
  kind text not null check (kind in (
    'breach_notice', 'breach_notification', 'subject_letter', 'nis2', 'dora', 'other')),
  recipient text not null check (length(recipient) <= 40),
  language text not null check (language ~ '^[a-z]{2}$'),
  phase text not null check (phase in ('initial', 'supplementary', 'final', 'withdrawal')),
  part smallint not null check (part >= 0),
  follows_id uuid,
  due_at timestamptz,
  case_version integer not null check (case_version > 0),
  snapshot bytea not null check (length(snapshot) <= 4000000),
  sha256 bytea not null check (length(sha256) = 32),
  drafted_at timestamptz not null default now(),
  drafted_by text not null check (length(drafted_by) <= 64),
  primary key (tenant_id, id),
  check ((phase = 'supplementary') = (part > 0)),
  foreign key (tenant_id, case_id) references wf.breach_cases (tenant_id, id)
);
create index breach_notices_case on wf.breach_notices (tenant_id, case_id, drafted_at, id);
call private.isolate('wf.breach_notices');
grant select, insert on wf.breach_notices to wf_app;
grant select on wf.breach_notices to wf_bot, wf_report;

-- What became of a notice, in order. `happened_at` is when it went out or was received, as a person says; `body` holds
-- the words, sealed. A notice is approved, sent and withdrawn once.
create table wf.breach_notice_steps (
  tenant_id uuid not null,
  id uuid not null,
  notice_id uuid not null,
  place smallint not null check (place >= 0),
  step text not null check (step in ('approved', 'sent', 'acknowledged', 'answered', 'withdrawn')),
  happened_at timestamptz,
  body bytea not null check (length(body) <= 100000),
  actor_kind text not null check (actor_kind in ('person', 'api_key', 'system')),
  actor_id text not null check (length(actor_id) <= 64),
  at timestamptz not null default now(),
  primary key (tenant_id, id),
  check ((step in ('sent', 'acknowledged')) = (happened_at is not null)),
  foreign key (tenant_id, notice_id) references wf.breach_notices (tenant_id, id)
);
create unique index breach_notice_steps_order on wf.breach_notice_steps (tenant_id, notice_id, place);
create unique index breach_notice_steps_once on wf.breach_notice_steps (tenant_id, notice_id, step)
  where step <> 'answered';
call private.isolate('wf.breach_notice_steps');
grant select, insert on wf.breach_notice_steps to wf_app;
grant select on wf.breach_notice_steps to wf_bot, wf_report;

-- What came back: the authority's receipt, a letter. Name and content are sealed; `sha256` is that of the content.
create table wf.breach_receipts (
  tenant_id uuid not null,
  id uuid not null,
  notice_id uuid not null,
  name bytea not null check (length(name) <= 1000),
  content bytea not null check (length(content) <= 1100000),
  sha256 bytea not null check (length(sha256) = 32),
  added_at timestamptz not null default now(),
  added_by text not null check (length(added_by) <= 64),
  primary key (tenant_id, id),
  foreign key (tenant_id, notice_id) references wf.breach_notices (tenant_id, id)
);
create index breach_receipts_notice on wf.breach_receipts (tenant_id, notice_id, added_at);
call private.isolate('wf.breach_receipts');
grant select, insert on wf.breach_receipts to wf_app;
grant select on wf.breach_receipts to wf_bot, wf_report;

-- Which point of which clock was told of. `point` is when it was due to be told.
create table wf.breach_warnings (
  tenant_id uuid not null,
  case_id uuid not null,
  regime text not null check (length(regime) <= 40),
  stage text not null check (length(stage) <= 60),
  point timestamptz not null,
  told_at timestamptz not null default now(),
  primary key (tenant_id, case_id, regime, stage, point),
  foreign key (tenant_id, case_id) references wf.breach_cases (tenant_id, id)
);
call private.isolate('wf.breach_warnings');
grant select, insert on wf.breach_warnings to wf_app;
grant select on wf.breach_warnings to wf_report;

-- Legal holds: a case that is held is not forgotten. The last row of a case says whether it is.
create table wf.breach_holds (
  tenant_id uuid not null,
  id uuid not null,
  case_id uuid not null,
  is_held boolean not null,
  reason bytea not null check (length(reason) <= 50000),
  at timestamptz not null default clock_timestamp(),
  by text not null check (length(by) <= 64),
  primary key (tenant_id, case_id, id),
  foreign key (tenant_id, case_id) references wf.breach_cases (tenant_id, id)
);
call private.isolate('wf.breach_holds');
grant select, insert on wf.breach_holds to wf_app;
grant select on wf.breach_holds to wf_report;

-- A page may be about a breach case. Its reasons are those of clocks set by law.
alter table wf.pages drop constraint pages_subject_kind_check;
alter table wf.pages drop constraint pages_reason_check;
alter table wf.pages drop constraint pages_check;
alter table wf.pages
  add constraint pages_subject_kind_check check (subject_kind in ('incident', 'breach', 'other')),
  add constraint pages_reason_check check (reason in (
    'opened', 'called', 'escalated', 'late_soon', 'late', 'duty_soon', 'duty_missed', 'other')),
  add constraint pages_subject_check check ((subject_kind = 'other') = (subject_id is null));

-- Forgets closed cases of the tenant in the context that nobody has touched for `kept` and nobody holds, with all that
-- belongs to them. No login role may delete any of it. A year is the least that is kept.
create function wf.forget_breach_cases(kept interval, at_most integer) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid := wf.tenant();
  old uuid[];
begin
  if tenant is null or kept < interval '1 year' then
    raise exception 'forget_breach_cases needs the context of a tenant, and keeps a year at least'
      using errcode = 'insufficient_privilege';
  end if;
  select array_agg(c.id)
    into old
    from (
      select b.id
        from wf.breach_cases b
       where b.tenant_id = tenant
         and b.status in ('not_a_breach', 'closed')
         and b.updated_at < now() - kept
         and not coalesce((
               select h.is_held
                 from wf.breach_holds h
                where h.tenant_id = tenant
                  and h.case_id = b.id
                order by h.at desc, h.id desc
                limit 1), false)
       order by b.updated_at
       limit at_most
         for update skip locked) c;
  if old is null then
    return 0;
  end if;
  delete from wf.breach_receipts r using wf.breach_notices n
   where r.tenant_id = tenant and n.tenant_id = tenant and n.id = r.notice_id and n.case_id = any (old);
  delete from wf.breach_notice_steps s using wf.breach_notices n
   where s.tenant_id = tenant and n.tenant_id = tenant and n.id = s.notice_id and n.case_id = any (old);
  delete from wf.breach_notices where tenant_id = tenant and case_id = any (old);
  delete from wf.breach_warnings where tenant_id = tenant and case_id = any (old);
  delete from wf.breach_holds where tenant_id = tenant and case_id = any (old);
  delete from wf.breach_entries where tenant_id = tenant and case_id = any (old);
  delete from wf.breach_incidents where tenant_id = tenant and case_id = any (old);
  delete from wf.breach_cases where tenant_id = tenant and id = any (old);
  return cardinality(old);
end
$$;
grant execute on function wf.forget_breach_cases(interval, integer) to wf_app;
