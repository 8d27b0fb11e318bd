"""What people change about which alerts belong together: merging, undoing it, splitting."""
