-- What an unlogged table holds is gone after a crash and never reaches a replica.
select c.oid::regclass::text as object,
       'is not logged' as detail
  from pg_class c
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and c.relkind in ('r', 'p', 'S')
   and c.relpersistence <> 'p'
