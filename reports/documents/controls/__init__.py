"""The control evidence report (R8): one framework and one period, each number with its source."""
