-- A timestamp without a zone means another moment in another session.
select a.attrelid::regclass::text as object,
       format('%s has no time zone', a.attname) as detail
  from pg_attribute a
  join pg_class c
    on c.oid = a.attrelid
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and c.relkind in ('r', 'p')
   and a.attnum > 0
   and not a.attisdropped
   and a.atttypid in ('timestamp'::regtype, 'time'::regtype, 'timetz'::regtype)
