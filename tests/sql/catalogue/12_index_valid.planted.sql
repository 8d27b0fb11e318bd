-- finds: wf.feeds_name
reset role;
update pg_catalog.pg_index
   set indisvalid = false
 where indexrelid = 'wf.feeds_name'::regclass;
