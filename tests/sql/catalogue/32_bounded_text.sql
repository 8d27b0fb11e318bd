-- Text that a login role may write has a bound, so that no row can grow without one. It comes from a check on the
-- column, from a pattern, from a fixed set of values, or from what it points at.
select a.attrelid::regclass::text as object,
       format('%s has no bound', a.attname) as detail
  from pg_attribute a
  join pg_class c
    on c.oid = a.attrelid
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace)
   and c.relkind in ('r', 'p')
   and a.attnum > 0
   and not a.attisdropped
   and a.atttypid in ('text'::regtype, 'varchar'::regtype)
   and a.atttypmod = -1
   and not exists (
         select
           from pg_constraint k
          where k.conrelid = a.attrelid
            and k.conkey @> array[a.attnum]
            and (k.contype = 'f'
                 or k.contype = 'c' and pg_get_constraintdef(k.oid) ~ '(length\(|~ |= ANY|= '')'))
   and format('%s.%s', a.attrelid::regclass, a.attname) not in (select name from pg_temp.unbounded_text)
