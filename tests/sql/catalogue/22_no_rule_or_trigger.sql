-- A rule or a trigger of a table acts where no reader of a query sees it; ours act in the program or in a function.
select t.tgrelid::regclass::text as object,
       format('trigger %s', t.tgname) as detail
  from pg_trigger t
  join pg_class c
    on c.oid = t.tgrelid
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and not t.tgisinternal
 union all
select r.ev_class::regclass::text,
       format('rule %s', r.rulename)
  from pg_rewrite r
  join pg_class c
    on c.oid = r.ev_class
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and c.relkind in ('r', 'p')
