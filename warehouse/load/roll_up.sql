-- Computes the roll-ups of the touched days again; runs inside one transaction, after brand_mentions is right.

CREATE OR REPLACE TEMP TABLE touched_days AS
SELECT DISTINCT day FROM ops.touched;

CREATE OR REPLACE TEMP TABLE by_brand AS
SELECT m.*, b.brand, 5 * m.rating / m.rating_max AS stars
FROM mentions AS m
LEFT JOIN brand_mentions AS b ON m.mention_id = b.mention_id AND m.day = b.day
WHERE m.day IN (SELECT day FROM touched_days);

DELETE FROM daily_brand WHERE day IN (SELECT day FROM touched_days);

INSERT INTO daily_brand
SELECT
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
FROM by_brand
GROUP BY ALL
ORDER BY day;

DELETE FROM daily_topic WHERE day IN (SELECT day FROM touched_days);

INSERT INTO daily_topic
SELECT
    day,
    brand,
    topic_id,
    topic,
    count(*),
    count(*) FILTER (sentiment = 'negative'),
    count(*) FILTER (sentiment = 'neutral'),
    count(*) FILTER (sentiment = 'positive'),
    coalesce(sum(score), 0)
FROM by_brand
WHERE topic_id IS NOT NULL
GROUP BY ALL
ORDER BY day;

DROP TABLE by_brand;
DELETE FROM ops.touched;
