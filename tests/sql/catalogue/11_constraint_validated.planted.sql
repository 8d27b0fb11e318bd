-- finds: wf.feeds
alter table wf.feeds add constraint planted check (name <> 'planted') not valid;
