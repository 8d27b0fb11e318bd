-- T5. A materialised view holds all tenants' rows and has no policies.
select c.oid::regclass::text as object,
       'is a materialised view' as detail
  from pg_class c
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'public'::regnamespace)
   and c.relkind = 'm'
