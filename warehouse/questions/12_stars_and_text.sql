-- title: Stars that disagree with the text
-- answers: Where do stars and text disagree (five stars and a negative text, or one star and praise)?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- confidence: number = 0.7; how sure the reading of the text must be, 0.33 to 1
-- chart: bar source share by disagreement

-- Many stars are 4 and more, few are 2 and fewer. `share` is of all mentions of that source with a rating and a sure
-- reading. The quotes are the surest; `links` stand in their order.

WITH rated AS (
    SELECT
        b.brand,
        m.source,
        m.mention_id,
        m.rowid AS place,
        m.confidence,
        CASE
            WHEN stars_of(m.rating, m.rating_max) >= 4 AND m.sentiment = 'negative' THEN 'many stars, negative text'
            WHEN stars_of(m.rating, m.rating_max) <= 2 AND m.sentiment = 'positive' THEN 'few stars, positive text'
        END AS disagreement
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE
        m.day BETWEEN $since::DATE AND $until::DATE
        AND b.day BETWEEN $since::DATE AND $until::DATE
        AND m.rating IS NOT NULL
        AND m.confidence >= $confidence
        AND list_contains($brand::VARCHAR[], b.brand)
),

totals AS (
    SELECT brand, source, count(*) AS rated FROM rated GROUP BY ALL
),

shown AS (
    SELECT * FROM rated
    WHERE disagreement IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY brand, source, disagreement ORDER BY confidence DESC, mention_id) <= 3
),

quotes AS (
    SELECT
        s.brand,
        s.source,
        s.disagreement,
        list(quote_of(m.title, m.text) ORDER BY s.confidence DESC, s.mention_id) AS quotes,
        list(coalesce(m.url, '') ORDER BY s.confidence DESC, s.mention_id) AS links
    FROM shown AS s
    JOIN mentions AS m ON m.rowid = s.place
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

counts AS (
    SELECT brand, source, disagreement, count(*) AS mentions
    FROM rated
    WHERE disagreement IS NOT NULL
    GROUP BY ALL
)

SELECT
    c.brand,
    c.source,
    c.disagreement,
    c.mentions,
    t.rated,
    share(c.mentions, t.rated) AS share,
    wilson_low(c.mentions, t.rated) AS share_low,
    wilson_high(c.mentions, t.rated) AS share_high,
    q.quotes,
    q.links
FROM counts AS c
JOIN totals AS t ON t.brand = c.brand AND t.source = c.source
JOIN quotes AS q ON q.brand = c.brand AND q.source = c.source AND q.disagreement = c.disagreement
ORDER BY c.mentions DESC, c.brand, c.source, c.disagreement;
