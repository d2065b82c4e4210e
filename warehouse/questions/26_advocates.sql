-- title: Advocates
-- answers: Who praises us often, and is heard?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- least: number = 2; praises at least so often
-- top: number = 20; how many are listed
-- chart: bar author praise by brand

-- An advocate is an author of one source whose mentions hold praise (the signal) at least `least` times, and more often
-- than they are negative. Copies of one text and flagged mentions do not count. `heard_by` adds up their praise.

WITH praises AS (
    SELECT
        b.brand,
        m.source,
        m.author,
        count(*) AS praise,
        sum(heard_by(m.reach, m.likes, m.replies))::BIGINT AS heard_by,
        max(m.day) AS last_day,
        arg_max(m.rowid, heard_by(m.reach, m.likes, m.replies)) AS place
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE
        m.day BETWEEN $since::DATE AND $until::DATE
        AND b.day BETWEEN $since::DATE AND $until::DATE
        AND m.author IS NOT NULL
        AND m.kind <> 'own'
        AND list_contains(m.signals, 'praise')
        AND m.copy IS NOT TRUE
        AND m.flag IS NULL
        AND list_contains($brand::VARCHAR[], b.brand)
    GROUP BY ALL
    HAVING count(*) >= $least
    ORDER BY praise DESC, heard_by DESC, m.author, b.brand, m.source
    LIMIT 10 * $top
),

-- What else they say is asked of them only.
theirs AS MATERIALIZED (
    SELECT mention_id, day, source, author, sentiment
    FROM mentions
    WHERE
        day BETWEEN $since::DATE AND $until::DATE
        AND author IN (SELECT author FROM praises)
        AND kind <> 'own'
        AND signals IS NOT NULL
        AND copy IS NOT TRUE
        AND flag IS NULL
),

others AS (
    SELECT
        b.brand,
        t.source,
        t.author,
        count(*) AS mentions,
        count(*) FILTER (t.sentiment = 'negative') AS negative
    FROM theirs AS t
    JOIN brand_mentions AS b ON b.mention_id = t.mention_id AND b.day = t.day
    WHERE b.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

advocates AS (
    SELECT p.*, o.mentions, o.negative
    FROM praises AS p
    JOIN others AS o ON o.brand = p.brand AND o.source = p.source AND o.author = p.author
    WHERE p.praise > o.negative
    ORDER BY p.praise DESC, p.heard_by DESC, p.author, p.brand, p.source
    LIMIT $top
)

SELECT
    a.brand,
    a.author,
    a.source,
    a.praise,
    a.mentions,
    share(a.praise, a.mentions) AS praise_share,
    wilson_low(a.praise, a.mentions) AS praise_share_low,
    wilson_high(a.praise, a.mentions) AS praise_share_high,
    a.negative,
    a.heard_by,
    a.last_day,
    quote_of(m.title, m.text) AS quote,
    m.url
FROM advocates AS a
JOIN mentions AS m ON m.rowid = a.place
WHERE m.day BETWEEN $since::DATE AND $until::DATE
ORDER BY a.praise DESC, a.heard_by DESC, a.author, a.brand, a.source;
