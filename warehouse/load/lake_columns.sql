-- The tables of a database with their comments, and their columns in order: what a lake is made of.
SELECT
    schema_name,
    table_name,
    list(
        {'name': column_name, 'type': data_type, 'is_nullable': is_nullable, 'comment': c.comment}
        ORDER BY column_index
    ),
    any_value(t.comment)
FROM duckdb_columns() AS c
JOIN duckdb_tables() AS t USING (schema_name, table_name)
GROUP BY ALL
ORDER BY ALL;
