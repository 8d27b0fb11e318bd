"""Response actions, approvals, blocklists, playbooks."""
