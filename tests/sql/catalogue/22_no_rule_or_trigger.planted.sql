-- finds: wf.feeds
create rule planted as on delete to wf.feeds do instead nothing;
