-- A function whose search path is the caller's runs the caller's functions, as its owner if it is a definer.
select p.oid::regprocedure::text as object,
       'has no search path of its own, or one with a schema that others may write to before pg_catalog' as detail
  from pg_proc p
 where p.pronamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and not coalesce(p.proconfig, '{}') && array['search_path=pg_catalog, pg_temp']
