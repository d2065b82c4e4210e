-- title: Before, during and after a campaign
-- answers: Did the campaign change volume, sentiment and topic mix?
-- brand: brands = own; whose mentions
-- since: day = 14d; the first day of the campaign
-- until: day = 14d; the last day of the campaign
-- top: number = 5; topics for each brand
-- chart: bar part per_day by talk

-- Before and after are as many days as the campaign has, after as far as they have come: without days given it is the
-- 14 days that ended 14 days ago. The rows of 'all talk' are of all mentions; a topic's `share` is of
-- these, in the same part. `change` is of the net sentiment and `growth` of the mentions a day, against before.

WITH parts AS (
    SELECT
        part,
        first,
        last,
        greatest(0, last - first + 1) AS days
    FROM (
        VALUES
        ('before', first_before($since::DATE, $until::DATE), $since::DATE - 1),
        ('during', $since::DATE, $until::DATE),
        (
            'after', $until::DATE + 1,
            least($until::DATE + ($until::DATE - $since::DATE + 1)::INTEGER, (SELECT max(day) FROM daily_brand WHERE day < (now() AT TIME ZONE 'UTC')::DATE))
        )
    ) AS p (part, first, last)
),

top_topics AS (
    SELECT d.brand, d.topic_id
    FROM daily_topic AS d
    WHERE list_contains($brand::VARCHAR[], d.brand) AND d.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY d.brand, d.topic_id
    QUALIFY row_number() OVER (PARTITION BY d.brand ORDER BY sum(d.mentions) DESC, d.topic_id) <= $top
),

counts AS (
    SELECT
        d.brand,
        'all talk' AS talk,
        0 AS topic_id,
        p.part,
        sum(d.mentions)::BIGINT AS mentions,
        sum(d.read)::BIGINT AS read,
        sum(d.positive)::BIGINT AS positive,
        sum(d.negative)::BIGINT AS negative
    FROM daily_brand AS d
    JOIN parts AS p ON d.day BETWEEN p.first AND p.last
    WHERE list_contains($brand::VARCHAR[], d.brand)
    GROUP BY ALL
    UNION ALL
    SELECT
        d.brand,
        d.topic,
        d.topic_id,
        p.part,
        sum(d.mentions)::BIGINT,
        sum(d.negative + d.neutral + d.positive)::BIGINT,
        sum(d.positive)::BIGINT,
        sum(d.negative)::BIGINT
    FROM daily_topic AS d
    JOIN parts AS p ON d.day BETWEEN p.first AND p.last
    JOIN top_topics AS t ON t.brand = d.brand AND t.topic_id = d.topic_id
    GROUP BY ALL
),

grid AS (
    SELECT
        k.brand,
        k.talk,
        k.topic_id,
        p.part,
        p.days,
        coalesce(c.mentions, 0) AS mentions,
        coalesce(c.read, 0) AS read,
        coalesce(c.positive, 0) AS positive,
        coalesce(c.negative, 0) AS negative,
        coalesce(w.mentions, 0) AS all_mentions
    FROM (SELECT DISTINCT brand, talk, topic_id FROM counts) AS k
    JOIN parts AS p ON p.days > 0
    LEFT JOIN counts AS c ON c.brand = k.brand AND c.topic_id = k.topic_id AND c.talk = k.talk AND c.part = p.part
    LEFT JOIN counts AS w ON w.brand = k.brand AND w.talk = 'all talk' AND w.topic_id = 0 AND w.part = p.part
),

moods AS (
    SELECT
        *,
        net_sentiment(positive, negative, read) AS net,
        net_low(positive, negative, read) AS low,
        net_high(positive, negative, read) AS high
    FROM grid
)

SELECT
    m.brand,
    m.talk,
    m.part,
    m.days,
    m.mentions,
    m.mentions / m.days AS per_day,
    IF(m.part = 'before', NULL, growth(m.mentions, b.mentions, b.days / m.days)) AS growth,
    IF(m.part = 'before', NULL, growth_low(m.mentions, b.mentions, b.days / m.days)) AS growth_low,
    IF(m.part = 'before', NULL, growth_high(m.mentions, b.mentions, b.days / m.days)) AS growth_high,
    IF(m.talk = 'all talk', NULL, share(m.mentions, m.all_mentions)) AS share,
    IF(m.talk = 'all talk', NULL, wilson_low(m.mentions, m.all_mentions)) AS share_low,
    IF(m.talk = 'all talk', NULL, wilson_high(m.mentions, m.all_mentions)) AS share_high,
    m.net AS net_sentiment,
    m.low AS net_sentiment_low,
    m.high AS net_sentiment_high,
    IF(m.part = 'before', NULL, m.net - b.net) AS change,
    IF(m.part = 'before', NULL, change_low(m.net, m.low, b.net, b.high)) AS change_low,
    IF(m.part = 'before', NULL, change_high(m.net, m.high, b.net, b.low)) AS change_high,
    verdict(change_low, change_high) AS verdict
FROM moods AS m
JOIN moods AS b ON b.brand = m.brand AND b.topic_id = m.topic_id AND b.talk = m.talk AND b.part = 'before'
ORDER BY
    m.brand,
    m.talk <> 'all talk',
    sum(m.mentions) OVER (PARTITION BY m.brand, m.topic_id) DESC,
    m.topic_id,
    list_position(['before', 'during', 'after'], m.part);
