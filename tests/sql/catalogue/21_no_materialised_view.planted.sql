-- finds: wf.planted
create materialized view wf.planted as select tenant_id from wf.feeds;
