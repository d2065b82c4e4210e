-- Writes the temporary table `matched`: the mentions that each row of the temporary table `asked` (row, mention) names
-- by mention_id or url.

CREATE OR REPLACE TEMP TABLE matched AS
SELECT a.row, m.mention_id
FROM asked AS a
JOIN mentions AS m ON m.mention_id = IF(regexp_full_match(a.mention, '\d+'), TRY_CAST(a.mention AS UBIGINT), NULL)
UNION ALL
SELECT a.row, m.mention_id
FROM asked AS a
JOIN mentions AS m ON m.url = a.mention;
