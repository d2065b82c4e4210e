-- title: Bad reviews that nobody answered
-- answers: Which reviews of at most 2 stars have no answer after 24 hours?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- stars: number = 2; at most so many of 5
-- hours: number = 24; without an answer for at least so long at the end of the last day
-- top: number = 50; how many are listed
-- chart: bar posted_on waiting by brand

-- Those that most people saw come first, then the ones that wait longest; `waiting` counts all of that day, also those
-- beyond `top`. A source that never shows a reply looks unanswered: question 13 tells.

WITH reviews AS MATERIALIZED (
    SELECT
        b.brand,
        m.mention_id,
        m.rowid AS place,
        m.day,
        m.posted_at,
        m.source,
        stars_of(m.rating, m.rating_max) AS stars,
        heard_by(m.reach, m.likes, m.replies) AS heard_by
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE
        m.day BETWEEN $since::DATE AND $until::DATE
        AND b.day BETWEEN $since::DATE AND $until::DATE
        AND m.kind = 'review'
        AND stars_of(m.rating, m.rating_max) <= $stars
        AND NOT is_answered(m.reply_text, m.replied_at)
        AND date_diff('second', m.posted_at, $until::DATE + INTERVAL 1 DAY) >= 3600 * $hours
        AND list_contains($brand::VARCHAR[], b.brand)
),

days AS (
    SELECT brand, day, count(*) AS waiting FROM reviews GROUP BY ALL
),

first AS (
    SELECT * FROM reviews ORDER BY heard_by DESC, posted_at, mention_id LIMIT $top
)

SELECT
    r.brand,
    r.day AS posted_on,
    d.waiting,
    floor(date_diff('minute', r.posted_at, $until::DATE + INTERVAL 1 DAY) / 60)::BIGINT AS hours,
    r.stars,
    r.source,
    m.country,
    m.author,
    r.heard_by,
    m.topic,
    quote_of(m.title, m.text) AS quote,
    m.url,
    r.mention_id
FROM first AS r
JOIN days AS d ON d.brand = r.brand AND d.day = r.day
JOIN mentions AS m ON m.rowid = r.place
WHERE m.day BETWEEN $since::DATE AND $until::DATE
ORDER BY r.heard_by DESC, r.posted_at, r.mention_id;
