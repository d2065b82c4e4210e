-- Lays mentions numbered from `first` to before `stop` straight into a warehouse, as if they had been landed, read and
-- matched long ago; the later the number, the newer, `per_day` of them a day, the last on `last_day`. Skewed as talk is:
-- few brands, sources, authors and topics have most of it; the small hours have little; reach has a long tail; the stars
-- of three reviews in a hundred disagree with the text, and the last topic is five days old.

CREATE OR REPLACE TEMP TABLE laid AS
WITH dice AS (
    SELECT
        range AS number,
        hash(16 * range + 1) / 18446744073709551615.0 AS d1,
        hash(16 * range + 2) / 18446744073709551615.0 AS d2,
        hash(16 * range + 3) / 18446744073709551615.0 AS d3,
        hash(16 * range + 4) / 18446744073709551615.0 AS d4,
        hash(16 * range + 5) / 18446744073709551615.0 AS d5,
        hash(16 * range + 6) / 18446744073709551615.0 AS d6
    FROM range(getvariable('first')::BIGINT, getvariable('stop')::BIGINT)
)

SELECT
    number,
    hash('volume', number)::UBIGINT AS mention_id,
    least(7, floor(8 * d1 ** 3))::INTEGER AS brand_no,
    ['appstore', 'googleplay', 'reddit', 'hackernews', 'x', 'news', 'forum', 'survey', 'youtube', 'bluesky'][
        1 + least(9, floor(10 * d2 ** 2))::INTEGER
    ] AS source,
    floor(400_000 * d4 ** 3)::BIGINT AS author_no,
    d1,
    d2,
    d5,
    d6,
    getvariable('last_day')::DATE - ((getvariable('end_of_all') - 1 - number) // getvariable('per_day'))::INTEGER AS day,
    IF(day > getvariable('last_day')::DATE - 5 AND d6 BETWEEN 0.4 AND 0.405, 200, floor(200 * d3 ** 3))::BIGINT AS topic_id,
    CASE WHEN d5 < 0.30 THEN 'negative' WHEN d5 < 0.55 THEN 'neutral' WHEN d5 < 0.97 THEN 'positive' END AS sentiment
FROM dice;

INSERT INTO mentions BY NAME
SELECT
    mention_id,
    source,
    source || '-' || brand_no AS feed,
    CASE WHEN source IN ('appstore', 'googleplay') THEN 'review' WHEN source = 'news' THEN 'news' ELSE 'social' END AS kind,
    'volume-' || number AS native_id,
    'https://place.example/' || number AS url,
    array_to_string(
        [
            [
                'the flat white this morning was the best i have had in months',
                'they put prices up again and nobody told the staff',
                'waited almost half an hour at the station branch for one latte',
                'the app logs me out every time i try to pay with my card',
                'my colleague swears by the beans from there',
                'honestly the cold brew subscription is worth every cent',
                'they forgot the oat milk twice in a row last week',
                'the new shop on canal row is bright and quiet to work in',
                'refund took three weeks and four messages to support',
                'does anyone know whether the loyalty points still expire',
                'the barista remembered my order which made my day',
                'portions have become smaller while the price stays',
                'delivery came two hours late and the cup had leaked'
            ][1 + (hash(16 * number + 8 + slot) % 13)::BIGINT]
            FOR slot IN range(1 + number % 5)
        ],
        '. '
    ) || '. brand' || brand_no || ' ' || number AS text,
    'author ' || author_no AS author,
    IF(d6 < 0.85, 'en', IF(d6 < 0.95, 'de', 'es')) AS language,
    CASE WHEN source IN ('appstore', 'googleplay') THEN ['us', 'gb', 'de', 'fr'][1 + (number % 7) // 2] END AS country,
    day + to_seconds((86_399 * (0.25 + 0.75 * d6) ** 0.7)::BIGINT) AS posted_at,
    TRUE AS posted_at_known,
    day,
    CASE WHEN source IN ('appstore', 'googleplay') THEN 1 + floor(4.999 * IF(d6 BETWEEN 0.5 AND 0.53, 1 - d5, d5)) END AS rating,
    CASE WHEN source IN ('appstore', 'googleplay') THEN 5 END AS rating_max,
    IF(sentiment IS NULL, 'unsupported', 'read') AS reading,
    sentiment,
    CASE sentiment WHEN 'negative' THEN -0.8 WHEN 'neutral' THEN 0 WHEN 'positive' THEN 0.8 END AS score,
    IF(sentiment IS NULL, NULL, 0.5 + d6 / 2) AS confidence,
    CASE WHEN d5 < 0.12 THEN 'anger' WHEN d5 > 0.8 THEN 'joy' ELSE 'none' END AS emotion,
    list_filter(
        [
            IF(sentiment = 'negative' AND d6 < 0.7, 'complaint', NULL), IF(sentiment = 'positive' AND d6 < 0.7, 'praise', NULL),
            IF(d2 < 0.08, 'question', NULL), IF(d6 BETWEEN 0.7 AND 0.73, 'leaving', NULL), IF(d6 BETWEEN 0.9 AND 0.93, 'buying', NULL),
            IF(d6 BETWEEN 0.8 AND 0.84, 'request', NULL), IF(d5 < 0.06, 'bug', NULL)
        ],
        lambda signal: signal IS NOT NULL
    ) AS signals,
    FALSE AS mixed,
    'volume' AS model,
    IF(d2 < 0.9, topic_id, NULL) AS topic_id,
    IF(d2 < 0.9, 'topic ' || topic_id, NULL) AS topic,
    IF(d1 BETWEEN 0.5 AND 0.53, hash('story', number // 6), mention_id)::UBIGINT AS story_id,
    FALSE AS copy,
    CASE WHEN source IN ('x', 'news', 'youtube') THEN floor(100 / (0.001 + d4_of_reach)) END::BIGINT AS reach,
    floor(3 / (0.02 + d6))::BIGINT AS likes,
    IF(source IN ('appstore', 'googleplay') AND d6 < 0.4, 'thank you for telling us', NULL) AS reply_text,
    IF(source IN ('appstore', 'googleplay') AND d6 < 0.4, day + to_hours(24 + (200 * d6)::BIGINT), NULL) AS replied_at,
    day + INTERVAL 1 DAY AS first_seen_at,
    hash(number, 'text')::UBIGINT AS text_hash,
    hash(number, 'item')::UBIGINT AS item_hash
FROM (SELECT *, hash(16 * number + 7) / 18446744073709551615.0 AS d4_of_reach FROM laid)
ORDER BY number;

INSERT INTO brand_mentions
SELECT mention_id, 'brand' || brand_no, day FROM laid WHERE d6 < 0.95
UNION ALL
SELECT mention_id, 'brand' || (brand_no + 1) % 8, day FROM laid WHERE d6 < 0.06
ORDER BY day;

INSERT INTO aspects
SELECT
    mention_id,
    day,
    ['price', 'staff', 'delivery', 'app', 'quality', 'support', 'drinks', 'place'][1 + (hash(16 * number + 8 + slot) % 8)::BIGINT],
    'term',
    'a sentence with the term in it',
    coalesce(sentiment, 'neutral'),
    CASE sentiment WHEN 'negative' THEN -0.8 WHEN 'positive' THEN 0.8 ELSE 0 END,
    0.8
FROM laid, range((number % 3)::BIGINT) AS s (slot)
ORDER BY day;

INSERT INTO ops.touched SELECT DISTINCT NULL::UBIGINT, day FROM laid;
DROP TABLE laid;
