-- Net sentiment by week and brand over all of history, from the mentions themselves.
SELECT
    date_trunc('week', m.day) AS week,
    b.brand,
    (count(*) FILTER (m.sentiment = 'positive') - count(*) FILTER (m.sentiment = 'negative')) / count(m.sentiment) AS net
FROM mentions AS m
JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
GROUP BY ALL
ORDER BY ALL
