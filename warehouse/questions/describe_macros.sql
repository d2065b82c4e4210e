-- Every macro of the public contract, with its meaning.
SELECT function_name AS name, parameters, comment
FROM duckdb_functions()
WHERE schema_name = 'main' AND NOT internal
ORDER BY name;
