"""A tenant's life: bundles, onboarding, offboarding, export."""
