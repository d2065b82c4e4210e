CREATE OR REPLACE VIEW sentiment_trend AS
WITH days AS (
    SELECT
        day,
        brand,
        sum(mentions)::BIGINT AS mentions,
        sum(read)::BIGINT AS read,
        sum(negative)::BIGINT AS negative,
        sum(neutral)::BIGINT AS neutral,
        sum(positive)::BIGINT AS positive,
        sum(score_sum) AS score_sum
    FROM daily_brand
    WHERE brand IS NOT NULL
    GROUP BY ALL
)

SELECT
    day,
    brand,
    mentions,
    read,
    negative,
    neutral,
    positive,
    share(negative, read) AS negative_share,
    net_sentiment(positive, negative, read) AS net_sentiment,
    net_sentiment(sum(positive) OVER week, sum(negative) OVER week, sum(read) OVER week) AS net_sentiment_7d,
    score_sum / nullif(read, 0) AS score,
    wilson_low(negative, read) AS negative_share_low,
    wilson_high(negative, read) AS negative_share_high,
    net_low(positive, negative, read) AS net_sentiment_low,
    net_high(positive, negative, read) AS net_sentiment_high
FROM days
WINDOW week AS (PARTITION BY brand ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW);

COMMENT ON VIEW sentiment_trend IS 'Sentiment by day and brand, with its mean over seven days.';
COMMENT ON COLUMN sentiment_trend.day IS 'UTC day.';
COMMENT ON COLUMN sentiment_trend.brand IS 'brands.brand';
COMMENT ON COLUMN sentiment_trend.mentions IS 'Number of mentions.';
COMMENT ON COLUMN sentiment_trend.read IS 'Of these, how many have a sentiment.';
COMMENT ON COLUMN sentiment_trend.negative IS 'Mentions read as negative.';
COMMENT ON COLUMN sentiment_trend.neutral IS 'Mentions read as neutral.';
COMMENT ON COLUMN sentiment_trend.positive IS 'Mentions read as positive.';
COMMENT ON COLUMN sentiment_trend.negative_share IS 'negative / read, 0 to 1; NULL when none was read.';
COMMENT ON COLUMN sentiment_trend.net_sentiment IS '(positive - negative) / read, -1 to 1; NULL when none was read.';
COMMENT ON COLUMN sentiment_trend.net_sentiment_7d IS 'The same over the seven days up to this one.';
COMMENT ON COLUMN sentiment_trend.score IS 'Mean of mentions.score, -1 to 1.';
COMMENT ON COLUMN sentiment_trend.negative_share_low IS 'Lower end of the 95 % interval of negative_share.';
COMMENT ON COLUMN sentiment_trend.negative_share_high IS 'Upper end of it.';
COMMENT ON COLUMN sentiment_trend.net_sentiment_low IS 'Lower end of the 95 % interval of net_sentiment.';
COMMENT ON COLUMN sentiment_trend.net_sentiment_high IS 'Upper end of it.';
