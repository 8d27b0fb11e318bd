-- A constraint that was never validated says nothing about the rows that were there before it.
select f.conrelid::regclass::text as object,
       format('%s was never validated', f.conname) as detail
  from pg_constraint f
 where f.connamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and not f.convalidated
