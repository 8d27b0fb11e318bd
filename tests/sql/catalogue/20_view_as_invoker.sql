-- T5. A view reads as its owner unless it is told otherwise, and so passes the reader's policies.
select c.oid::regclass::text as object,
       'reads as its owner' as detail
  from pg_class c
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace, 'public'::regnamespace)
   and c.relkind = 'v'
   and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1']
