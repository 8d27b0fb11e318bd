-- T5. PostgreSQL lets everybody execute a new function; here only who is named may.
select p.oid::regprocedure::text as object,
       'everybody may execute it' as detail
  from pg_proc p
 where p.pronamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and has_function_privilege('public', p.oid, 'execute')
