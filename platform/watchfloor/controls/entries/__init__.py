"""What people enter where nothing is measured: never mixed with measured numbers, always with the person."""
