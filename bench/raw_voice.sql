-- Share of voice by week over 12 weeks, from the mentions themselves.
SELECT
    date_trunc('week', m.day) AS week,
    b.brand,
    count(*) / sum(count(*)) OVER (PARTITION BY date_trunc('week', m.day)) AS share
FROM mentions AS m
JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
WHERE m.day > (SELECT max(day) FROM mentions) - 84 AND b.day > (SELECT max(day) FROM mentions) - 84
GROUP BY ALL
ORDER BY ALL
