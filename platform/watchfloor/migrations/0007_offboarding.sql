-- S4: offboarding deletes every row of the tenant in the context, and only once the directory says that it leaves.
-- One call removes at most so many rows, so that no statement runs for long; the caller repeats it until it returns 0.
-- Tables are emptied children first: a table waits while another one still points at it.
create function wf.erase_tenant(at_most integer) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid := wf.tenant();
  pending regclass[];
  target regclass;
  removed bigint;
  total bigint := 0;
begin
  if tenant is null
     or not exists (select from auth.tenants t where t.id = tenant and t.state = 'offboarding') then
    raise exception 'erase_tenant needs the context of a tenant that is being offboarded'
      using errcode = 'insufficient_privilege';
  end if;
  select array_agg(c.oid::regclass)
    into pending
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
   where c.relkind = 'r'
     and c.relnamespace = 'wf'::regnamespace;
  while coalesce(cardinality(pending), 0) > 0 and total < at_most loop
    select p
      into strict target
      from unnest(pending) p
     where not exists (
       select
         from pg_constraint f
        where f.contype = 'f'
          and f.confrelid = p
          and f.conrelid <> p
          and f.conrelid::regclass = any (pending))
     limit 1;
    execute format(
      'delete from %1$s where ctid = any (array(select ctid from %1$s where tenant_id = $1 limit $2))', target)
      using tenant, at_most - total;
    get diagnostics removed = row_count;
    total := total + removed;
    pending := array_remove(pending, target);
  end loop;
  return total;
end
$$;
grant execute on function wf.erase_tenant(integer) to wf_app;
