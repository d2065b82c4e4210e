"""What is known: one DuckDB file with one writer, and published copies for everybody else."""
