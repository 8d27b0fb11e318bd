-- The type json keeps repeated keys and has no equality; jsonb has neither fault.
select a.attrelid::regclass::text as object,
       format('%s is json', a.attname) as detail
  from pg_attribute a
  join pg_class c
    on c.oid = a.attrelid
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and c.relkind in ('r', 'p')
   and not a.attisdropped
   and a.atttypid = 'json'::regtype
