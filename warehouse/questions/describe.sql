-- Every column of the public contract, with its meaning; where this is a mart, also of the tables of the user's own.
SELECT
    CASE WHEN v.view_name IS NULL THEN 'table' ELSE 'view' END AS kind,
    CASE WHEN c.schema_name = 'own' THEN 'own.' || c.table_name ELSE c.table_name END AS name,
    c.column_name AS column,
    c.data_type AS type,
    c.comment,
    coalesce(t.comment, v.comment) AS about
FROM duckdb_columns() AS c
LEFT JOIN duckdb_tables() AS t ON t.table_name = c.table_name AND t.schema_name = c.schema_name
LEFT JOIN duckdb_views() AS v ON v.view_name = c.table_name AND v.schema_name = c.schema_name
WHERE c.schema_name IN ('main', 'own') AND NOT c.internal
ORDER BY kind, c.schema_name, name, c.column_index;
