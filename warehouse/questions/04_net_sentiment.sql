-- title: Net sentiment by week
-- answers: What is net sentiment (positive minus negative) by week, and is the change larger than noise?
-- brand: brands = own; whose mentions
-- since: day = 12w; the first day
-- until: day = newest; the last day
-- chart: line week net_sentiment by brand

-- Net sentiment is of the mentions that have a sentiment, `read`. `change` is against the week in the row before, and
-- `verdict` says whether its interval leaves out zero. A week begins on Monday and the first is taken whole.

WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        brand,
        sum(mentions)::BIGINT AS mentions,
        sum(read)::BIGINT AS read,
        sum(positive)::BIGINT AS positive,
        sum(negative)::BIGINT AS negative
    FROM daily_brand
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN date_trunc('week', $since::DATE)::DATE AND $until::DATE
    GROUP BY ALL
),

moods AS (
    SELECT
        *,
        net_sentiment(positive, negative, read) AS net_sentiment,
        net_low(positive, negative, read) AS net_sentiment_low,
        net_high(positive, negative, read) AS net_sentiment_high
    FROM weeks
),

steps AS (
    SELECT
        *,
        lag(net_sentiment) OVER ahead AS before,
        lag(net_sentiment_low) OVER ahead AS before_low,
        lag(net_sentiment_high) OVER ahead AS before_high
    FROM moods
    WINDOW ahead AS (PARTITION BY brand ORDER BY week)
)

SELECT
    week,
    least(week + 6, $until::DATE) - week + 1 AS days,
    brand,
    mentions,
    read,
    positive,
    negative,
    net_sentiment,
    net_sentiment_low,
    net_sentiment_high,
    net_sentiment - before AS change,
    change_low(net_sentiment, net_sentiment_low, before, before_high) AS change_low,
    change_high(net_sentiment, net_sentiment_high, before, before_low) AS change_high,
    verdict(change_low, change_high) AS verdict
FROM steps
ORDER BY week, brand;
