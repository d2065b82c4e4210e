-- The newest seven days of each brand beside the seven before.
WITH newest AS (
    SELECT max(day) AS day FROM daily_brand WHERE day <= current_date
),

weeks AS (
    SELECT
        d.brand,
        d.day > n.day - 7 AS is_new,
        sum(d.mentions) AS mentions,
        sum(d.read) AS read,
        sum(d.positive) AS positive,
        sum(d.negative) AS negative,
        sum(d.ratings) AS ratings,
        sum(d.stars_sum) AS stars_sum
    FROM daily_brand AS d, newest AS n
    WHERE d.brand IS NOT NULL AND d.day > n.day - 14 AND d.day <= n.day
    GROUP BY ALL
),

-- Share of voice is of public talk; see the view share_of_voice.
voices AS (
    SELECT d.brand, share(sum(d.mentions), sum(sum(d.mentions)) OVER ()) AS share
    FROM daily_feed AS d, newest AS n
    WHERE d.brand IS NOT NULL AND d.kind <> 'own' AND d.day > n.day - 7 AND d.day <= n.day
    GROUP BY d.brand
)

SELECT
    b.brand,
    b.competitor,
    (SELECT day FROM newest) AS last_day,
    coalesce(w.mentions, 0)::BIGINT AS mentions,
    coalesce(p.mentions, 0)::BIGINT AS mentions_before,
    v.share,
    net_sentiment(w.positive, w.negative, w.read) AS net_sentiment,
    net_sentiment(p.positive, p.negative, p.read) AS net_sentiment_before,
    w.stars_sum / nullif(w.ratings, 0) AS stars,
    p.stars_sum / nullif(p.ratings, 0) AS stars_before
FROM brands AS b
LEFT JOIN weeks AS w ON w.brand = b.brand AND w.is_new
LEFT JOIN weeks AS p ON p.brand = b.brand AND NOT p.is_new
LEFT JOIN voices AS v ON v.brand = b.brand
ORDER BY b.competitor, mentions DESC;
