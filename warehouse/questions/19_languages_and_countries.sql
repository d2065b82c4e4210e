-- title: Languages and countries
-- answers: How do languages and countries differ in volume and sentiment?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- chart: bar code net_sentiment by dimension

-- `gap` is against all other languages, or countries, of the brand together. Only languages that a model here knows have
-- a sentiment; a country is known where the source tells it, such as the store of a review.

WITH counts AS (
    SELECT
        brand,
        IF(grouping(language) = 0, 'language', 'country') AS dimension,
        coalesce(IF(grouping(language) = 0, language, country), 'not known') AS code,
        sum(mentions)::BIGINT AS mentions,
        sum(read)::BIGINT AS read,
        sum(positive)::BIGINT AS positive,
        sum(negative)::BIGINT AS negative
    FROM daily_brand
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE AND $until::DATE
    GROUP BY GROUPING SETS ((brand, language), (brand, country))
),

rests AS (
    SELECT
        *,
        (sum(mentions) OVER whole)::BIGINT AS all_mentions,
        (sum(read) OVER whole - read)::BIGINT AS rest_read,
        (sum(positive) OVER whole - positive)::BIGINT AS rest_positive,
        (sum(negative) OVER whole - negative)::BIGINT AS rest_negative
    FROM counts
    WINDOW whole AS (PARTITION BY brand, dimension)
),

moods AS (
    SELECT
        *,
        net_sentiment(positive, negative, read) AS net,
        net_low(positive, negative, read) AS low,
        net_high(positive, negative, read) AS high,
        net_sentiment(rest_positive, rest_negative, rest_read) AS rest,
        net_low(rest_positive, rest_negative, rest_read) AS rest_low,
        net_high(rest_positive, rest_negative, rest_read) AS rest_high
    FROM rests
)

SELECT
    brand,
    dimension,
    code,
    mentions,
    share(mentions, all_mentions) AS share,
    wilson_low(mentions, all_mentions) AS share_low,
    wilson_high(mentions, all_mentions) AS share_high,
    read,
    net AS net_sentiment,
    low AS net_sentiment_low,
    high AS net_sentiment_high,
    net - rest AS gap,
    change_low(net, low, rest, rest_high) AS gap_low,
    change_high(net, high, rest, rest_low) AS gap_high,
    CASE verdict(gap_low, gap_high)
        WHEN 'up' THEN 'better than the rest' WHEN 'down' THEN 'worse than the rest' WHEN 'within chance' THEN 'like the rest'
    END AS verdict
FROM moods
ORDER BY brand, dimension DESC, mentions DESC, code;
