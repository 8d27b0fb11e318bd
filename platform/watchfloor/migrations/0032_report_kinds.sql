-- Reports of other things than incidents: breach cases and their notices, and times. Each kind is about exactly what
-- the last check says; watchfloor.reporting.subject has the same list.
alter table wf.reports drop constraint reports_kind_check;
alter table wf.reports
  alter column incident_id drop not null,
  add column case_id uuid,
  add column notice_id uuid,
  add column period_from date,
  add column period_to date,
  add column framework text check (framework ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  add check (kind in ('incident', 'breach_notice', 'breach_notification', 'subject_letter', 'breach_register',
                      'breach_decisions', 'service', 'controls')),
  add check (period_from < period_to),
  add check (case kind
               when 'incident' then num_nonnulls(incident_id) = 1
                and num_nonnulls(case_id, notice_id, period_from, period_to, framework) = 0
               when 'breach_decisions' then num_nonnulls(case_id) = 1
                and num_nonnulls(incident_id, notice_id, period_from, period_to, framework) = 0
               when 'controls' then num_nonnulls(period_from, period_to, framework) = 3
                and num_nonnulls(incident_id, case_id, notice_id) = 0
               when 'breach_register' then num_nonnulls(period_from, period_to) = 2
                and num_nonnulls(incident_id, case_id, notice_id, framework) = 0
               when 'service' then num_nonnulls(period_from, period_to) = 2
                and num_nonnulls(incident_id, case_id, notice_id, framework) = 0
               else num_nonnulls(case_id, notice_id) = 2
                and num_nonnulls(incident_id, period_from, period_to, framework) = 0
             end);
create index reports_case on wf.reports (tenant_id, case_id) where case_id is not null;
create index reports_queued on wf.reports (tenant_id, kind, language, created_at) where state = 'queued';
