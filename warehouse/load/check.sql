-- What must hold before anything is published; each row returned is a fault, in words. Looked at are the days that were
-- rolled up since the last mart, for whatever came, changed or went marked its day: the cost is of these days, not of the
-- history. Only the ids of these days are looked for in all of it.

SELECT count(*) || ' ids are there more than once, such as ' || min(mention_id) AS fault
FROM (
    SELECT mention_id
    FROM mentions
    WHERE mention_id IN (SELECT mention_id FROM mentions WHERE day IN (SELECT day FROM ops.rolled))
    GROUP BY mention_id
    HAVING count(*) > 1
)
HAVING count(*) > 0
UNION ALL
SELECT 'brand_mentions names ' || count(*) || ' mentions that are not there, or counts them twice'
FROM (
    SELECT b.mention_id, b.brand
    FROM brand_mentions AS b
    LEFT JOIN mentions AS m ON m.mention_id = b.mention_id AND m.day = b.day
    WHERE b.day IN (SELECT day FROM ops.rolled)
    GROUP BY ALL
    HAVING count(*) > 1 OR count(m.mention_id) = 0
)
HAVING count(*) > 0
UNION ALL
SELECT 'aspects names ' || count(*) || ' mentions that are not there, or on another day'
FROM (SELECT DISTINCT mention_id, day FROM aspects WHERE day IN (SELECT day FROM ops.rolled)) AS a
ANTI JOIN mentions AS m ON m.mention_id = a.mention_id AND m.day = a.day
HAVING count(*) > 0
UNION ALL
SELECT shown.n || ' mentions show a correction, and what the model says is kept of ' || kept.n
FROM (SELECT count(*) AS n FROM mentions WHERE corrected) AS shown, (SELECT count(*) AS n FROM ops.overruled) AS kept
WHERE shown.n <> kept.n
UNION ALL
SELECT 'brand_mentions and daily_brand do not agree on ' || count(*) || ' brands and days, the first ' || min(day)
FROM (
    SELECT brand, day
    FROM (
        SELECT brand, day, mentions FROM daily_brand WHERE brand IS NOT NULL
        UNION ALL
        SELECT brand, day, -mentions FROM ops.past_brand WHERE brand IS NOT NULL
        UNION ALL
        SELECT brand, day, -count(*) FROM brand_mentions GROUP BY ALL
    )
    GROUP BY ALL
    HAVING sum(mentions) <> 0
)
HAVING count(*) > 0
UNION ALL
SELECT 'brand_pairs and signal_mentions name ' || count(*) || ' mentions that are not there'
FROM (
    SELECT mention_id, day FROM brand_pairs WHERE day IN (SELECT day FROM ops.rolled)
    UNION
    SELECT mention_id, day FROM signal_mentions WHERE day IN (SELECT day FROM ops.rolled)
) AS named
ANTI JOIN mentions AS m ON m.mention_id = named.mention_id AND m.day = named.day
HAVING count(*) > 0
UNION ALL
SELECT 'daily_word lacks ' || count(*) || ' days'
FROM (SELECT DISTINCT day FROM daily_brand WHERE brand IS NOT NULL) AS d
ANTI JOIN ops.worded AS w ON w.day = d.day
HAVING count(*) > 0
UNION ALL
SELECT count(*) || ' touched mentions are not rolled up' FROM ops.touched
HAVING count(*) > 0;
