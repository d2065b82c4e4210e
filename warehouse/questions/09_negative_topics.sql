-- title: Topics that drive negative mentions
-- answers: Which topics drive negative mentions, and with which quotes?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- top: number = 5; topics for each brand
-- chart: bar topic negative by brand

-- `driven_share` is of all negative mentions of the brand, `negative_share` of the topic's own mentions. The quotes are
-- of sure readings and of mentions that many people saw, one of each story and author; `links` stand in their order.

WITH totals AS (
    SELECT brand, sum(negative)::BIGINT AS all_negative
    FROM daily_brand
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE AND $until::DATE
    GROUP BY brand
),

drivers AS (
    SELECT
        brand,
        topic_id,
        topic,
        sum(mentions)::BIGINT AS mentions,
        sum(negative)::BIGINT AS negative,
        sum(negative + neutral + positive)::BIGINT AS read
    FROM daily_topic
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE AND $until::DATE
    GROUP BY brand, topic_id, topic
    HAVING sum(negative) > 0
    QUALIFY row_number() OVER (PARTITION BY brand ORDER BY sum(negative) DESC, topic_id) <= $top
),

blames AS MATERIALIZED (
    SELECT
        rowid AS place,
        mention_id,
        day,
        topic_id,
        story_id,
        source,
        author,
        {'sure': confidence >= 0.7, 'heard_by': heard_by(reach, likes, replies), 'mention_id': mention_id} AS prominence
    FROM mentions
    WHERE
        day BETWEEN $since::DATE AND $until::DATE
        AND topic_id IN (SELECT topic_id FROM drivers)
        AND sentiment = 'negative'
        AND flag IS NULL
),

loudest AS (
    SELECT d.brand, d.topic_id, unnest(arg_max(m.place, m.prominence, 20)) AS place
    FROM blames AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    JOIN drivers AS d ON d.brand = b.brand AND d.topic_id = m.topic_id
    WHERE b.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

voices AS (
    SELECT
        l.brand,
        l.topic_id,
        l.place,
        m.mention_id,
        m.story_id,
        m.source,
        m.author,
        row_number() OVER (PARTITION BY l.brand, l.topic_id ORDER BY m.prominence DESC) AS nth
    FROM loudest AS l
    JOIN blames AS m ON m.place = l.place
),

picked AS (
    SELECT *
    FROM (
        SELECT * FROM voices
        QUALIFY
            row_number() OVER (PARTITION BY brand, topic_id, story_id ORDER BY nth) = 1
            AND row_number() OVER (PARTITION BY brand, topic_id, source, coalesce(author, mention_id::VARCHAR) ORDER BY nth) = 1
    )
    QUALIFY row_number() OVER (PARTITION BY brand, topic_id ORDER BY nth) <= 3
),

quotes AS (
    SELECT
        p.brand,
        p.topic_id,
        list(quote_of(m.title, m.text) ORDER BY p.nth) AS quotes,
        list(coalesce(m.url, '') ORDER BY p.nth) AS links
    FROM picked AS p
    JOIN mentions AS m ON m.rowid = p.place
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
)

SELECT
    d.brand,
    d.topic,
    d.negative,
    share(d.negative, t.all_negative) AS driven_share,
    wilson_low(d.negative, t.all_negative) AS driven_share_low,
    wilson_high(d.negative, t.all_negative) AS driven_share_high,
    d.mentions,
    share(d.negative, d.read) AS negative_share,
    wilson_low(d.negative, d.read) AS negative_share_low,
    wilson_high(d.negative, d.read) AS negative_share_high,
    q.quotes,
    q.links
FROM drivers AS d
JOIN totals AS t ON t.brand = d.brand
LEFT JOIN quotes AS q ON q.brand = d.brand AND q.topic_id = d.topic_id
ORDER BY d.negative DESC, d.brand, d.topic_id;
