-- Every column of the public contract, with its meaning.
SELECT
    CASE WHEN v.view_name IS NULL THEN 'table' ELSE 'view' END AS kind,
    c.table_name AS name,
    c.column_name AS column,
    c.data_type AS type,
    c.comment,
    coalesce(t.comment, v.comment) AS about
FROM duckdb_columns() AS c
LEFT JOIN duckdb_tables() AS t ON t.table_name = c.table_name AND t.schema_name = 'main'
LEFT JOIN duckdb_views() AS v ON v.view_name = c.table_name AND v.schema_name = 'main'
WHERE c.schema_name = 'main' AND NOT c.internal
ORDER BY kind, name, c.column_index;
