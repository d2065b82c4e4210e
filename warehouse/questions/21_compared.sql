-- title: What people say when they compare us
-- answers: What do people say when they name us and a competitor in one mention?
-- brand: brands = own; our side
-- competitors: brands = competitors; the other side
-- since: day = 90d; the first day
-- until: day = newest; the last day
-- chart: bar competitor mentions by brand

-- The sentiment is that of the whole mention: praise for one can be blame for the other, so read the quotes, which are of
-- those that most people saw; `links` stand in their order. `share` is of all mentions of the brand. `gap` is against
-- the net sentiment of all mentions of the brand.

WITH said AS MATERIALIZED (
    SELECT
        c.brand,
        c.other AS competitor,
        m.mention_id,
        m.rowid AS place,
        m.sentiment,
        m.topic_id,
        {
            'is_first': m.copy IS NOT TRUE, 'heard_by': heard_by(m.reach, m.likes, m.replies), 'posted_at': m.posted_at,
            'mention_id': m.mention_id
        } AS prominence
    FROM brand_pairs AS c
    JOIN mentions AS m ON m.mention_id = c.mention_id AND m.day = c.day
    WHERE
        c.day BETWEEN $since::DATE AND $until::DATE
        AND m.day BETWEEN $since::DATE AND $until::DATE
        AND list_contains($brand::VARCHAR[], c.brand)
        AND list_contains($competitors::VARCHAR[], c.other)
),

topics_said AS (
    SELECT s.brand, s.competitor, list(t.topic ORDER BY s.mentions DESC, t.topic)[:3] AS topics
    FROM (SELECT brand, competitor, topic_id, count(*) AS mentions FROM said GROUP BY ALL) AS s
    JOIN topics AS t ON t.topic_id = s.topic_id
    GROUP BY ALL
),

loudest AS (
    SELECT brand, competitor, unnest(arg_max({'place': place, 'prominence': prominence}, prominence, 3)) AS found
    FROM said
    GROUP BY ALL
),

quotes AS (
    SELECT
        l.brand,
        l.competitor,
        list(quote_of(m.title, m.text) ORDER BY l.found.prominence DESC) AS quotes,
        list(coalesce(m.url, '') ORDER BY l.found.prominence DESC) AS links
    FROM loudest AS l
    JOIN mentions AS m ON m.rowid = l.found.place
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

pairs AS (
    SELECT
        brand,
        competitor,
        count(*) AS mentions,
        count(sentiment) AS read,
        count(*) FILTER (sentiment = 'positive') AS positive,
        count(*) FILTER (sentiment = 'negative') AS negative
    FROM said
    GROUP BY ALL
),

wholes AS (
    SELECT
        brand,
        sum(mentions)::BIGINT AS mentions,
        net_sentiment(sum(positive), sum(negative), sum(read)) AS net,
        net_low(sum(positive), sum(negative), sum(read)) AS low,
        net_high(sum(positive), sum(negative), sum(read)) AS high
    FROM daily_brand
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE AND $until::DATE
    GROUP BY brand
)

SELECT
    p.brand,
    p.competitor,
    p.mentions,
    share(p.mentions, w.mentions) AS share,
    wilson_low(p.mentions, w.mentions) AS share_low,
    wilson_high(p.mentions, w.mentions) AS share_high,
    p.positive,
    p.negative,
    net_sentiment(p.positive, p.negative, p.read) AS net_sentiment,
    net_low(p.positive, p.negative, p.read) AS net_sentiment_low,
    net_high(p.positive, p.negative, p.read) AS net_sentiment_high,
    net_sentiment(p.positive, p.negative, p.read) - w.net AS gap,
    change_low(net_sentiment, net_sentiment_low, w.net, w.high) AS gap_low,
    change_high(net_sentiment, net_sentiment_high, w.net, w.low) AS gap_high,
    t.topics,
    q.quotes,
    q.links
FROM pairs AS p
JOIN wholes AS w ON w.brand = p.brand
LEFT JOIN topics_said AS t ON t.brand = p.brand AND t.competitor = p.competitor
LEFT JOIN quotes AS q ON q.brand = p.brand AND q.competitor = p.competitor
ORDER BY p.mentions DESC, p.brand, p.competitor;
