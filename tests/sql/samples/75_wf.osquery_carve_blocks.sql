insert into wf.osquery_carve_blocks (tenant_id, carve_id, number, body)
select tenant_id, id, i, '\x00'
  from wf.osquery_carves, generate_series(0, 1) i
