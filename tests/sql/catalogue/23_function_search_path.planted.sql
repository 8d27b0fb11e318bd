-- finds: wf.planted()
create function wf.planted() returns integer language sql as 'select 1';
