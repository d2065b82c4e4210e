-- Which rows of the temporary table `asked` (row, place, mention) do not name exactly one mention, as `matched` has them,
-- and which name the mention of an earlier row, the first of which stands at `first`.
WITH named AS (
    SELECT a.row, a.place, a.mention, m.mention_id, first_value(a.place) OVER same AS first, row_number() OVER same AS nth
    FROM asked AS a
    LEFT JOIN matched AS m ON m.row = a.row
    WINDOW same AS (PARTITION BY m.mention_id ORDER BY a.row)
)

SELECT
    place,
    mention,
    coalesce(list(mention_id::VARCHAR ORDER BY mention_id) FILTER (mention_id IS NOT NULL), []) AS ids,
    any_value(first) AS first
FROM named
GROUP BY row, place, mention
HAVING count(mention_id) <> 1 OR max(nth) > 1
ORDER BY row;
