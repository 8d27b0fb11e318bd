"""What hosts are asked for an action, in osquery's own tables; never run in a database of ours."""
