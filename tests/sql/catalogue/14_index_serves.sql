-- Under row-level security an index serves only operators that are leakproof, so an index of a tenant table uses
-- operator classes whose equality (or order) is, and no method but btree.
select i.indexrelid::regclass::text as object,
       format('%s of %s is not served under row-level security', m.amname, t.typname) as detail
  from pg_index i
  join pg_class c
    on c.oid = i.indrelid
  join pg_class x
    on x.oid = i.indexrelid
  join pg_am m
    on m.oid = x.relam
  cross join lateral unnest(i.indclass::oid[]) used (opclass)
  join pg_opclass o
    on o.oid = used.opclass
  join pg_type t
    on t.oid = o.opcintype
  left join pg_amop equality
    on equality.amopfamily = o.opcfamily
   and equality.amoplefttype = o.opcintype
   and equality.amoprighttype = o.opcintype
   and equality.amopstrategy = 3
  left join pg_operator op
    on op.oid = equality.amopopr
  left join pg_proc f
    on f.oid = op.oprcode
 where c.relnamespace = 'wf'::regnamespace
   and c.relrowsecurity
   and (m.amname <> 'btree' or not coalesce(f.proleakproof, false))
