"""The figures of a period: each with its definition, its population and the records that it counts."""
