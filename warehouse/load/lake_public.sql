-- The tables of the database `mart`, by which column each is in order there, and whether it has rows for each mention.
SELECT
    table_name,
    coalesce(
        any_value(column_name) FILTER (column_name = 'posted_at'), any_value(column_name) FILTER (column_name = 'day'), 'ALL'
    ),
    count(*) FILTER (column_name IN ('mention_id', 'day')) = 2
FROM duckdb_columns()
JOIN duckdb_tables() USING (database_name, schema_name, table_name)
WHERE database_name = 'mart' AND schema_name = 'main'
GROUP BY table_name;
