-- What must hold before anything is published; each row returned is a fault, in words.

SELECT 'mentions holds ' || count(*) || ' rows and ' || count(DISTINCT mention_id) || ' ids' AS fault
FROM mentions
HAVING count(*) <> count(DISTINCT mention_id)
UNION ALL
SELECT 'brand_mentions names ' || count(*) || ' mentions that are not there, or counts them twice'
FROM (
    SELECT b.mention_id, b.brand
    FROM brand_mentions AS b
    LEFT JOIN mentions AS m ON m.mention_id = b.mention_id AND m.day = b.day
    GROUP BY ALL
    HAVING count(*) > 1 OR count(m.mention_id) = 0
)
HAVING count(*) > 0
UNION ALL
SELECT 'aspects names ' || count(*) || ' mentions that are not there, or on another day'
FROM (SELECT DISTINCT mention_id, day FROM aspects) AS a
ANTI JOIN mentions AS m ON m.mention_id = a.mention_id AND m.day = a.day
HAVING count(*) > 0
UNION ALL
SELECT shown.n || ' mentions show a correction, and what the model says is kept of ' || kept.n
FROM (SELECT count(*) AS n FROM mentions WHERE corrected) AS shown, (SELECT count(*) AS n FROM ops.overruled) AS kept
WHERE shown.n <> kept.n
UNION ALL
SELECT 'daily_brand counts ' || coalesce(rolled.n, 0) || ' mentions where there are ' || counted.n
FROM (SELECT sum(mentions) AS n FROM daily_brand) AS rolled,
    (
        SELECT count(*) AS n
        FROM mentions AS m
        LEFT JOIN brand_mentions AS b ON m.mention_id = b.mention_id
    ) AS counted
WHERE coalesce(rolled.n, 0) <> counted.n
UNION ALL
SELECT count(*) || ' touched mentions are not rolled up' FROM ops.touched
HAVING count(*) > 0;
