-- What the database `new` lacks of `old`, or has besides: tables, views, macros and columns with their types, defaults and
-- comments. Both are attached; each row is one, in words.

WITH catalog AS (
    SELECT
        database_name AS file,
        'column ' || schema_name || '.' || table_name || '.' || column_name AS name,
        concat_ws(' ', column_index, data_type, is_nullable, column_default, comment) AS is_like
    FROM duckdb_columns()
    UNION ALL
    SELECT database_name, 'table ' || schema_name || '.' || table_name, comment FROM duckdb_tables()
    UNION ALL
    SELECT database_name, 'view ' || schema_name || '.' || view_name, concat_ws(' ', sql, comment) FROM duckdb_views()
    UNION ALL
    SELECT
        database_name,
        'macro ' || schema_name || '.' || function_name,
        concat_ws(' ', parameters, macro_definition, comment)
    FROM duckdb_functions()
    WHERE function_type LIKE '%macro%'
    UNION ALL
    SELECT database_name, 'sequence ' || schema_name || '.' || sequence_name, NULL FROM duckdb_sequences()
    UNION ALL
    SELECT database_name, 'type ' || schema_name || '.' || type_name, logical_type FROM duckdb_types()
)

SELECT DISTINCT name
FROM (
    (SELECT name, is_like FROM catalog WHERE file = 'old' EXCEPT SELECT name, is_like FROM catalog WHERE file = 'new')
    UNION ALL
    (SELECT name, is_like FROM catalog WHERE file = 'new' EXCEPT SELECT name, is_like FROM catalog WHERE file = 'old')
)
ORDER BY name;
