-- Queries as people save them in their tools. Each must go on running, and give the columns in the line above it.

-- day, brand, net_sentiment_7d
SELECT day, brand, net_sentiment_7d FROM sentiment_trend WHERE day >= current_date - 90 ORDER BY day, brand;

-- week, brand, share
SELECT week, brand, share FROM share_of_voice WHERE NOT competitor ORDER BY week DESC;

-- brand, net
SELECT brand, (sum(positive) - sum(negative)) / nullif(sum(read), 0) AS net FROM daily_brand GROUP BY brand;

-- country, stars
SELECT country, sum(stars_sum) / sum(ratings) AS stars FROM daily_brand GROUP BY country HAVING sum(ratings) > 0;

-- posted_at, author, title, text, url
SELECT m.posted_at, m.author, m.title, m.text, m.url
FROM mentions AS m JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
WHERE b.brand = 'Harbor Coffee' AND m.sentiment = 'negative' AND m.replied_at IS NULL AND m.day > DATE '2026-10-01'
ORDER BY m.reach DESC NULLS LAST LIMIT 50;

-- signal, mentions
SELECT signal, count(*) AS mentions FROM (SELECT unnest(signals) AS signal FROM mentions WHERE reading = 'read') GROUP BY signal;

-- topic, brand, mentions, growth
SELECT topic, brand, mentions, growth FROM rising_topics ORDER BY surprise DESC;

-- aspect, negative
SELECT aspect, count(*) FILTER (sentiment = 'negative') AS negative FROM aspects GROUP BY aspect;

-- title, mentions, sources, reach
SELECT title, mentions, sources, reach FROM stories WHERE copies > 0 AND flag IS NULL ORDER BY mentions DESC;

-- week, stars, stars_error
SELECT week, stars, stars_error FROM ratings WHERE brand = 'Harbor Coffee' ORDER BY week;

-- feed, status, reason
SELECT feed, status, reason FROM freshness WHERE status <> 'ok';

-- title, text
SELECT title, unnest(quotes).text AS text FROM alerts WHERE severity = 'high';

-- mart_version
SELECT value AS mart_version FROM about WHERE name = 'mart_version';
