-- T5. A function that runs as its owner is one of the few in definer_functions.txt, each with tests of its own.
select p.oid::regprocedure::text as object,
       'runs as its owner and is not in the list' as detail
  from pg_proc p
 where p.prosecdef
   and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
   and p.oid::regprocedure::text not in (select name from pg_temp.definer_functions)
