-- T2. A tenant table has one policy, for all commands and everybody, with the one text that isolates and stays fast:
-- the sub-select runs once a statement, and the column is not cast, so the index serves it.
select c.oid::regclass::text as object,
       coalesce(
         string_agg(
           format('%s %s for %s: %s | %s', p.polname,
                  case when p.polpermissive then 'permissive' else 'restrictive' end, p.polcmd,
                  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)),
           '; '),
         'has no policy') as detail
  from pg_class c
  join pg_attribute a
    on a.attrelid = c.oid
   and a.attname = 'tenant_id'
   and not a.attisdropped
  left join pg_policy p
    on p.polrelid = c.oid
 where c.relnamespace = 'wf'::regnamespace
   and c.relkind in ('r', 'p')
 group by c.oid
having count(p.oid) <> 1
    or not bool_and(
         p.polpermissive
         and p.polcmd = '*'
         and p.polroles = '{0}'
         and pg_get_expr(p.polqual, p.polrelid) = '(tenant_id = ( SELECT wf.tenant() AS tenant))'
         and pg_get_expr(p.polwithcheck, p.polrelid) = '(tenant_id = ( SELECT wf.tenant() AS tenant))')
