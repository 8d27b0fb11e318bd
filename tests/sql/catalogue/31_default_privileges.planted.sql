-- finds: wf
alter default privileges in schema wf grant select on tables to wf_report;
