-- Keeps the numbers of what find_expired.sql found and remove.sql removed; runs inside the same transaction, after
-- roll_up.sql has counted what is left. What was counted before and is not now is the past's, and is added to the days
-- whenever they are counted again. Reads the temporary table `feed_days` (feed, day): items that could not be read go when
-- they were seen before that day.

DELETE FROM ops.rejects
USING feed_days AS f
WHERE rejects.feed = f.feed AND rejects.seen_at < f.day;

CREATE OR REPLACE TEMP TABLE past_brands AS
SELECT
    day, brand, source, language, country,
    sum(COLUMNS(* EXCLUDE (day, brand, source, language, country)))
FROM (
    FROM brands_before
    UNION ALL
    SELECT day, brand, source, language, country, -COLUMNS(* EXCLUDE (day, brand, source, language, country))
    FROM daily_brand
    WHERE day IN (SELECT day FROM doomed)
    UNION ALL
    FROM ops.past_brand WHERE day IN (SELECT day FROM doomed)
)
GROUP BY day, brand, source, language, country
HAVING sum(mentions) > 0;

CREATE OR REPLACE TEMP TABLE past_topics AS
SELECT day, brand, topic_id, topic, sum(COLUMNS(* EXCLUDE (day, brand, topic_id, topic)))
FROM (
    FROM topics_before
    UNION ALL
    SELECT day, brand, topic_id, topic, -COLUMNS(* EXCLUDE (day, brand, topic_id, topic))
    FROM daily_topic
    WHERE day IN (SELECT day FROM doomed)
    UNION ALL
    FROM ops.past_topic WHERE day IN (SELECT day FROM doomed)
)
GROUP BY day, brand, topic_id, topic
HAVING sum(mentions) > 0;

DELETE FROM ops.past_brand WHERE day IN (SELECT day FROM doomed);
DELETE FROM ops.past_topic WHERE day IN (SELECT day FROM doomed);
DELETE FROM daily_brand WHERE day IN (SELECT day FROM doomed);
DELETE FROM daily_topic WHERE day IN (SELECT day FROM doomed);

INSERT INTO ops.past_brand FROM past_brands ORDER BY day;
INSERT INTO ops.past_topic FROM past_topics ORDER BY day;
INSERT INTO daily_brand FROM brands_before ORDER BY day;
INSERT INTO daily_topic FROM topics_before ORDER BY day;
