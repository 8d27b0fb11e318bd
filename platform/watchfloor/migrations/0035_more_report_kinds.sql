-- Reports of the stages of NIS2 and DORA, documents of a notice like the others of a breach case; and the report of a
-- period in which the provider answers for its own access. The second check dropped is the one of 0032 by kind.
alter table wf.reports
  drop constraint reports_kind_check,
  drop constraint reports_check2,
  add constraint reports_kind_check
  check (kind in ('incident', 'breach_notice', 'breach_notification', 'subject_letter', 'breach_register',
                  'breach_decisions', 'service', 'controls', 'nis2', 'dora', 'assurance')),
  add constraint reports_subject_check
  check (case
           when kind = 'incident' then num_nonnulls(incident_id) = 1
            and num_nonnulls(case_id, notice_id, period_from, period_to, framework) = 0
           when kind = 'breach_decisions' then num_nonnulls(case_id) = 1
            and num_nonnulls(incident_id, notice_id, period_from, period_to, framework) = 0
           when kind = 'controls' then num_nonnulls(period_from, period_to, framework) = 3
            and num_nonnulls(incident_id, case_id, notice_id) = 0
           when kind in ('breach_register', 'service', 'assurance') then num_nonnulls(period_from, period_to) = 2
            and num_nonnulls(incident_id, case_id, notice_id, framework) = 0
           else num_nonnulls(case_id, notice_id) = 2
            and num_nonnulls(incident_id, period_from, period_to, framework) = 0
         end);
