-- T3. Everything is owned by wf_owner, as whom nobody logs in.
select c.oid::regclass::text as object,
       format('is owned by %s', c.relowner::regrole) as detail
  from pg_class c
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
   and c.relowner <> 'wf_owner'::regrole
 union all
select p.oid::regprocedure::text,
       format('is owned by %s', p.proowner::regrole)
  from pg_proc p
 where p.pronamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and p.proowner <> 'wf_owner'::regrole
