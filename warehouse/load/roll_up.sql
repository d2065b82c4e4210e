-- Computes the roll-ups of the touched days again; runs inside one transaction, after brand_mentions is right.

CREATE OR REPLACE TEMP TABLE touched_days AS
SELECT DISTINCT day FROM ops.touched;

-- brand_mentions is cut to these days before the join, which else keeps all of history in memory.
CREATE OR REPLACE TEMP TABLE by_brand AS
SELECT
    m.mention_id,
    m.day,
    m.source,
    m.feed,
    m.kind,
    m.language,
    m.country,
    m.posted_at,
    m.posted_at_known,
    m.sentiment,
    m.score,
    m.signals,
    m.topic_id,
    m.topic,
    m.copy,
    m.reach,
    m.likes,
    m.replies,
    m.text_hash,
    coalesce(m.title, '') <> '' OR m.text <> '' AS has_words,
    b.brand,
    stars_of(m.rating, m.rating_max) AS stars
FROM mentions AS m
LEFT JOIN (SELECT * FROM brand_mentions WHERE day IN (SELECT day FROM touched_days)) AS b
    ON m.mention_id = b.mention_id AND m.day = b.day
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

DELETE FROM hourly_brand WHERE day IN (SELECT day FROM touched_days);

INSERT INTO hourly_brand
SELECT
    day,
    hour(posted_at),
    brand,
    count(*),
    count(sentiment),
    count(*) FILTER (sentiment = 'negative'),
    count(*) FILTER (sentiment = 'positive')
FROM by_brand
WHERE posted_at_known
GROUP BY ALL
ORDER BY day;

DELETE FROM daily_feed WHERE day IN (SELECT day FROM touched_days);

INSERT INTO daily_feed
SELECT
    day,
    brand,
    feed,
    source,
    kind,
    country,
    count(*),
    count(*) FILTER (copy IS NOT TRUE),
    coalesce(sum(reach), 0),
    count(stars),
    coalesce(sum(stars), 0),
    coalesce(sum(stars * stars), 0),
    count(*) FILTER (stars <= 2)
FROM by_brand
GROUP BY ALL
ORDER BY day;

DELETE FROM daily_aspect WHERE day IN (SELECT day FROM touched_days);

INSERT INTO daily_aspect
WITH opinions AS (
    SELECT
        mention_id,
        day,
        aspect,
        count(*) FILTER (sentiment = 'positive') - count(*) FILTER (sentiment = 'negative') AS balance
    FROM aspects
    WHERE day IN (SELECT day FROM touched_days)
    GROUP BY ALL
)

SELECT
    b.day,
    b.brand,
    o.aspect,
    count(*),
    count(*) FILTER (o.balance < 0),
    count(*) FILTER (o.balance = 0),
    count(*) FILTER (o.balance > 0)
FROM opinions AS o
JOIN by_brand AS b ON b.mention_id = o.mention_id AND b.day = o.day
GROUP BY ALL
ORDER BY b.day;

DELETE FROM daily_signal WHERE day IN (SELECT day FROM touched_days);

INSERT INTO daily_signal
WITH weighed AS (
    SELECT
        day,
        brand,
        signals,
        list_contains(signals, 'praise') AND engagement(likes, replies) > 0 AND NOT list_contains(signals, 'leaving') AS is_advocacy,
        CASE
            WHEN list_contains(signals, 'leaving') THEN -1
            WHEN is_advocacy THEN 1
            WHEN list_contains(signals, 'praise') THEN 0.5
            ELSE 0
        END::DOUBLE AS x,
        1 + ln(1 + greatest(0, engagement(likes, replies))) AS w
    FROM by_brand
    WHERE signals IS NOT NULL
)

SELECT
    day,
    brand,
    count(*),
    count(*) FILTER (list_contains(signals, 'complaint')),
    count(*) FILTER (list_contains(signals, 'question')),
    count(*) FILTER (list_contains(signals, 'praise')),
    count(*) FILTER (list_contains(signals, 'request')),
    count(*) FILTER (list_contains(signals, 'bug')),
    count(*) FILTER (list_contains(signals, 'leaving')),
    count(*) FILTER (list_contains(signals, 'buying')),
    count(*) FILTER (is_advocacy),
    sum(w),
    sum(w * x),
    sum(w * w),
    sum(w * w * x),
    sum(w * w * x * x)
FROM weighed
GROUP BY ALL
ORDER BY day;

DELETE FROM brand_pairs WHERE day IN (SELECT day FROM touched_days);

INSERT INTO brand_pairs
SELECT b.day, b.brand, o.brand, b.mention_id
FROM brand_mentions AS b
JOIN brand_mentions AS o ON o.mention_id = b.mention_id AND o.day = b.day AND o.brand <> b.brand
WHERE b.day IN (SELECT day FROM touched_days)
ORDER BY b.day;

DELETE FROM signal_mentions WHERE day IN (SELECT day FROM touched_days);

INSERT INTO signal_mentions
SELECT day, brand, signal, mention_id
FROM (SELECT day, brand, unnest(signals) AS signal, mention_id FROM by_brand)
WHERE signal IN ('request', 'leaving', 'buying')
ORDER BY day;

-- Taking texts apart is the dearest roll-up, so days on which nothing but readings changed are left alone.
CREATE OR REPLACE TEMP TABLE reworded_days AS
SELECT
    t.day,
    coalesce(bit_xor(hash(b.mention_id, b.text_hash, b.brand)), 0) AS texts
FROM touched_days AS t
LEFT JOIN by_brand AS b ON b.day = t.day AND b.brand IS NOT NULL
GROUP BY t.day;

DELETE FROM reworded_days
WHERE (day, texts) IN (SELECT (day, texts) FROM ops.worded);

DELETE FROM daily_word WHERE day IN (SELECT day FROM reworded_days);

-- 200 mentions tell a share of 5 % to within 3 points on one day, and to within 1 in a week.
INSERT INTO daily_word
WITH drawn AS (
    SELECT
        mention_id,
        day,
        brand,
        least(200, count(*) OVER (PARTITION BY day, brand)) AS looked_at
    FROM by_brand
    WHERE brand IS NOT NULL AND has_words AND day IN (SELECT day FROM reworded_days)
    QUALIFY row_number() OVER (PARTITION BY day, brand ORDER BY mention_id) <= 200
),

texts AS (
    SELECT d.*, lower(concat_ws(' ', m.title, m.text)) AS text
    FROM drawn AS d
    JOIN mentions AS m ON m.mention_id = d.mention_id AND m.day = d.day
),

spaced AS (
    SELECT
        day,
        brand,
        looked_at,
        translate(
            IF(contains(text, '://'), regexp_replace(text, '[a-z]+://\S+', ' ', 'g'), text),
            '.,;:!?()[]{}<>"“”„«»‹›¿¡…–—*=|~`/\&%+$€£^' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239),
            repeat(' ', 60)
        ) AS text
    FROM texts
),

-- Quotation marks and dashes part words at their ends, and belong to them inside: don't, half-price.
said AS (
    SELECT
        day,
        brand,
        looked_at,
        unnest(
            list_distinct(
                string_split(
                    replace(replace(replace(replace(' ' || replace(text, '’', '''') || ' ', ' ''', ' '), ''' ', ' '), ' -', ' '), '- ', ' '),
                    ' '
                )
            )
        ) AS word
    FROM spaced
)

-- What a word is, is asked of those that are kept: CASE keeps it from being asked of each that is said.
SELECT
    day,
    brand,
    word,
    count(*) AS mentions,
    looked_at
FROM said
WHERE strlen(word) >= 3
GROUP BY ALL
HAVING
    CASE
        WHEN mentions >= looked_at / 50 THEN length(word) BETWEEN 3 AND 40 AND try_cast(word AS DOUBLE) IS NULL
        ELSE FALSE
    END
ORDER BY day;

DELETE FROM ops.worded WHERE day IN (SELECT day FROM reworded_days);
INSERT INTO ops.worded SELECT day, texts FROM reworded_days;

-- What mentions that were kept long enough had added stays, see load/expire.sql.
CREATE OR REPLACE TEMP TABLE past_days AS
SELECT DISTINCT day FROM ops.past_brand WHERE day IN (SELECT day FROM touched_days);

CREATE OR REPLACE TEMP TABLE brands_with_past AS
SELECT
    day, brand, source, language, country,
    sum(COLUMNS(* EXCLUDE (day, brand, source, language, country)))
FROM (FROM daily_brand UNION ALL FROM ops.past_brand)
WHERE day IN (SELECT day FROM past_days)
GROUP BY day, brand, source, language, country;

CREATE OR REPLACE TEMP TABLE topics_with_past AS
SELECT day, brand, topic_id, topic, sum(COLUMNS(* EXCLUDE (day, brand, topic_id, topic)))
FROM (FROM daily_topic UNION ALL FROM ops.past_topic)
WHERE day IN (SELECT day FROM past_days)
GROUP BY day, brand, topic_id, topic;

DELETE FROM daily_brand WHERE day IN (SELECT day FROM past_days);
DELETE FROM daily_topic WHERE day IN (SELECT day FROM past_days);
INSERT INTO daily_brand FROM brands_with_past ORDER BY day;
INSERT INTO daily_topic FROM topics_with_past ORDER BY day;

DROP TABLE by_brand;
INSERT INTO ops.rolled SELECT day FROM touched_days WHERE day NOT IN (SELECT day FROM ops.rolled);
DELETE FROM ops.touched;
