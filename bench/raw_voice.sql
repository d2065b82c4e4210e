-- Share of voice by week over 12 weeks, from the mentions themselves.
WITH weeks AS (
    SELECT date_trunc('week', m.day) AS week, b.brand, count(*) AS mentions
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE m.day > (SELECT max(day) FROM mentions) - 84
    GROUP BY ALL
)

SELECT week, brand, mentions / sum(mentions) OVER (PARTITION BY week) AS share
FROM weeks
ORDER BY week, brand
