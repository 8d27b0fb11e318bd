-- A child table or partition is read by its own name under its own policies, so it needs them like its parent.
select c.oid::regclass::text as object,
       format('is a part of %s without row-level security', i.inhparent::regclass) as detail
  from pg_inherits i
  join pg_class c
    on c.oid = i.inhrelid
 where c.relnamespace = 'wf'::regnamespace
   and c.relkind in ('r', 'p')
   and not (c.relrowsecurity and c.relforcerowsecurity)
