-- Writes the temporary table `matched`: the corrected mentions that each row of the temporary table `asked` (row,
-- mention) names by mention_id or url. A correction outlives its mention, and is then found by its mention_id only.

CREATE OR REPLACE TEMP TABLE matched AS
SELECT DISTINCT a.row, c.mention_id
FROM asked AS a
JOIN corrections AS c ON c.mention_id::VARCHAR = a.mention
UNION
SELECT a.row, c.mention_id
FROM asked AS a
JOIN mentions AS m ON m.url = a.mention
JOIN corrections AS c ON c.mention_id = m.mention_id;
