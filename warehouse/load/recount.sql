-- Counts the days that were rolled up since the last mart again, and looks there for what points to nothing; each row
-- returned is a fault, in words. What it costs depends on these days, not on the history.
-- Sums of scores may differ by the order of adding up; a single mention that is missing weighs more than 0.000001.

WITH talk AS MATERIALIZED (
    SELECT
        m.mention_id,
        m.day,
        m.source,
        m.language,
        m.country,
        m.reading,
        m.sentiment,
        m.score,
        m.corrected,
        m.topic_id,
        m.topic,
        m.reach,
        m.posted_at_known,
        m.signals IS NOT NULL AS has_signals,
        b.brand,
        stars_of(m.rating, m.rating_max) AS stars
    FROM mentions AS m
    LEFT JOIN (SELECT * FROM brand_mentions WHERE day IN (SELECT day FROM ops.rolled)) AS b
        ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE m.day IN (SELECT day FROM ops.rolled)
),

brands_counted AS (
    SELECT 1 AS sign, * FROM daily_brand WHERE day IN (SELECT day FROM ops.rolled)
    UNION ALL
    SELECT -1, * FROM ops.past_brand WHERE day IN (SELECT day FROM ops.rolled)
    UNION ALL
    SELECT
        -1,
        day,
        brand,
        source,
        language,
        country,
        count(*),
        count(sentiment),
        count(*) FILTER (sentiment = 'negative'),
        count(*) FILTER (sentiment = 'neutral'),
        count(*) FILTER (sentiment = 'positive'),
        coalesce(sum(score), 0),
        count(stars),
        coalesce(sum(stars), 0),
        coalesce(sum(stars * stars), 0),
        count(*) FILTER (stars <= 2),
        coalesce(sum(reach), 0)
    FROM talk
    GROUP BY ALL
),

topics_counted AS (
    SELECT 1 AS sign, * FROM daily_topic WHERE day IN (SELECT day FROM ops.rolled)
    UNION ALL
    SELECT -1, * FROM ops.past_topic WHERE day IN (SELECT day FROM ops.rolled)
    UNION ALL
    SELECT
        -1,
        day,
        brand,
        topic_id,
        topic,
        count(*),
        count(*) FILTER (sentiment = 'negative'),
        count(*) FILTER (sentiment = 'neutral'),
        count(*) FILTER (sentiment = 'positive'),
        coalesce(sum(score), 0)
    FROM talk
    WHERE topic_id IS NOT NULL
    GROUP BY ALL
),

wrong AS (
    SELECT 'daily_brand' AS name, day
    FROM brands_counted
    GROUP BY day, brand, source, language, country
    HAVING
        abs(sum(sign * mentions)) + abs(sum(sign * read)) + abs(sum(sign * negative)) + abs(sum(sign * neutral))
        + abs(sum(sign * positive)) + abs(sum(sign * score_sum)) + abs(sum(sign * ratings)) + abs(sum(sign * stars_sum))
        + abs(sum(sign * stars_squared_sum)) + abs(sum(sign * low_ratings)) + abs(sum(sign * reach)) > 0.000001
    UNION ALL
    SELECT 'daily_topic', day
    FROM topics_counted
    GROUP BY day, brand, topic_id, topic
    HAVING
        abs(sum(sign * mentions)) + abs(sum(sign * negative)) + abs(sum(sign * neutral)) + abs(sum(sign * positive))
        + abs(sum(sign * score_sum)) > 0.000001
    UNION ALL
    SELECT name, day
    FROM (
        SELECT 'daily_feed' AS name, day, mentions FROM daily_feed
        UNION ALL
        SELECT 'daily_feed', day, -1 FROM talk
        UNION ALL
        SELECT 'hourly_brand', day, mentions FROM hourly_brand
        UNION ALL
        SELECT 'hourly_brand', day, -1 FROM talk WHERE posted_at_known
        UNION ALL
        SELECT 'daily_signal', day, mentions FROM daily_signal
        UNION ALL
        SELECT 'daily_signal', day, -1 FROM talk WHERE has_signals
        UNION ALL
        SELECT 'daily_aspect', day, mentions FROM daily_aspect
        UNION ALL
        SELECT 'daily_aspect', t.day, -count(DISTINCT a.aspect)
        FROM talk AS t
        JOIN aspects AS a ON a.mention_id = t.mention_id AND a.day = t.day
        GROUP BY t.day, t.mention_id, t.brand
    )
    WHERE day IN (SELECT day FROM ops.rolled)
    GROUP BY ALL
    HAVING sum(mentions) <> 0
)

SELECT name || ' does not agree with the mentions on ' || count(DISTINCT day) || ' days, the first ' || min(day) AS fault
FROM wrong
GROUP BY name
UNION ALL
SELECT count(DISTINCT mention_id) || ' mentions have a topic that is not there, such as ' || min(topic_id)
FROM talk
WHERE topic_id IS NOT NULL AND topic_id NOT IN (SELECT topic_id FROM topics)
HAVING count(*) > 0
UNION ALL
SELECT count(DISTINCT mention_id) || ' mentions have a sentiment that nobody read in them, such as ' || min(mention_id)
FROM talk
WHERE sentiment IS NOT NULL AND reading IN ('unread', 'empty') AND NOT corrected
HAVING count(*) > 0;
