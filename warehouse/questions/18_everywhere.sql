-- title: Complaints that come from several sources at once
-- answers: Which complaints occur in three or more sources at once?
-- brand: brands = own; whose mentions
-- since: day = 7d; the first day
-- until: day = newest; the last day
-- sources: number = 3; from how many sources
-- chart: bar topic negative by brand

-- A complaint is a topic with negative mentions; copies of one text count once. `growth` is against as many days before.

WITH said AS (
    SELECT
        b.brand,
        m.topic_id,
        m.topic,
        m.source,
        count(*) FILTER (m.sentiment = 'negative' AND m.copy IS NOT TRUE) AS negative,
        count(m.sentiment) FILTER (m.copy IS NOT TRUE) AS read,
        min(m.posted_at) FILTER (m.sentiment = 'negative') AS first_at,
        arg_max(m.rowid, heard_by(m.reach, m.likes, m.replies)) FILTER (m.sentiment = 'negative') AS place
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE
        m.day BETWEEN $since::DATE AND $until::DATE
        AND m.topic_id IS NOT NULL
        AND list_contains($brand::VARCHAR[], b.brand)
    GROUP BY ALL
),

complaints AS (
    SELECT
        brand,
        topic_id,
        topic,
        count(*) FILTER (negative > 0) AS sources,
        list(source ORDER BY negative DESC, source) FILTER (negative > 0) AS which,
        sum(negative)::BIGINT AS negative,
        sum(read)::BIGINT AS read,
        min(first_at) AS first_at
    FROM said
    GROUP BY ALL
    HAVING count(*) FILTER (negative > 0) >= $sources
),

earlier AS (
    SELECT brand, topic_id, sum(negative)::BIGINT AS before
    FROM daily_topic
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN first_before($since::DATE, $until::DATE) AND $since::DATE - 1
    GROUP BY ALL
),

quotes AS (
    SELECT
        s.brand,
        s.topic_id,
        list(quote_of(m.title, m.text) ORDER BY s.negative DESC, s.source) AS quotes,
        list(coalesce(m.url, '') ORDER BY s.negative DESC, s.source) AS links
    FROM (
        SELECT * FROM said
        WHERE negative > 0
        QUALIFY row_number() OVER (PARTITION BY brand, topic_id ORDER BY negative DESC, source) <= 3
    ) AS s
    JOIN complaints AS c ON c.brand = s.brand AND c.topic_id = s.topic_id
    JOIN mentions AS m ON m.rowid = s.place
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
)

SELECT
    c.brand,
    c.topic,
    c.sources,
    c.which,
    c.negative,
    share(c.negative, c.read) AS negative_share,
    wilson_low(c.negative, c.read) AS negative_share_low,
    wilson_high(c.negative, c.read) AS negative_share_high,
    coalesce(e.before, 0) AS before,
    growth(c.negative, e.before, 1) AS growth,
    growth_low(c.negative, coalesce(e.before, 0), 1) AS growth_low,
    growth_high(c.negative, coalesce(e.before, 0), 1) AS growth_high,
    c.first_at,
    q.quotes,
    q.links
FROM complaints AS c
LEFT JOIN earlier AS e ON e.brand = c.brand AND e.topic_id = c.topic_id
LEFT JOIN quotes AS q ON q.brand = c.brand AND q.topic_id = c.topic_id
ORDER BY c.sources DESC, c.negative DESC, c.brand, c.topic_id;
