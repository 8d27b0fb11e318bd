-- A sequence is one for all tenants: its gaps tell each how much the others do.
select c.oid::regclass::text as object,
       'is a sequence' as detail
  from pg_class c
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace)
   and c.relkind = 'S'
