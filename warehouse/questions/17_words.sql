-- title: Words and hashtags that come and go
-- answers: Which words or hashtags are trending up and down?
-- brand: brands = own; whose mentions
-- since: day = 7d; the first day
-- until: day = newest; the last day
-- tags: all|hashtags = all; hashtags leaves out all other words
-- top: number = 10; words up and words down for each brand
-- chart: bar word change by brand

-- A word's share is of the mentions looked at, up to 200 of each day (`allears schema` says what a word is), against
-- the four times as many days before. Only words whose change is not within chance are listed, the surest first.

WITH window_days AS (
    SELECT $since::DATE - 4 * ($until::DATE - $since::DATE + 1)::INTEGER AS first_day
),

bases AS (
    SELECT
        brand,
        coalesce(sum(looked_at) FILTER (day >= $since::DATE), 0) AS looked_at,
        coalesce(sum(looked_at) FILTER (day < $since::DATE), 0) AS looked_at_before
    FROM (
        SELECT DISTINCT brand, day, looked_at
        FROM daily_word, window_days
        WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN first_day AND $until::DATE
    )
    GROUP BY brand
),

counts AS (
    SELECT
        brand,
        word,
        coalesce(sum(mentions) FILTER (day >= $since::DATE), 0) AS mentions,
        coalesce(sum(mentions) FILTER (day < $since::DATE), 0) AS before
    FROM daily_word, window_days
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN first_day AND $until::DATE
        AND ($tags = 'all' OR starts_with(word, '#'))
    GROUP BY ALL
    HAVING sum(mentions) >= 3
),

shares AS (
    SELECT
        c.*,
        b.looked_at,
        b.looked_at_before,
        share(c.mentions, b.looked_at) AS now,
        wilson_low(c.mentions, b.looked_at) AS now_low,
        wilson_high(c.mentions, b.looked_at) AS now_high,
        share(c.before, b.looked_at_before) AS was,
        wilson_low(c.before, b.looked_at_before) AS was_low,
        wilson_high(c.before, b.looked_at_before) AS was_high
    FROM counts AS c
    JOIN bases AS b ON b.brand = c.brand
),

changes AS (
    SELECT
        *,
        now - was AS change,
        change_low(now, now_low, was, was_high) AS change_low,
        change_high(now, now_high, was, was_low) AS change_high,
        verdict(change_low, change_high) AS verdict,
        IF(change > 0, change_low, -change_high) AS surely
    FROM shares
)

SELECT
    brand,
    word,
    verdict,
    mentions::BIGINT AS mentions,
    now AS share,
    now_low AS share_low,
    now_high AS share_high,
    before::BIGINT AS before,
    was AS before_share,
    was_low AS before_share_low,
    was_high AS before_share_high,
    change,
    change_low,
    change_high
FROM changes
WHERE verdict <> 'within chance'
QUALIFY row_number() OVER (PARTITION BY brand, verdict ORDER BY surely DESC, word) <= $top
ORDER BY brand, verdict DESC, surely DESC, word;
