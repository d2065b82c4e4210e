-- title: Who is heard most with negative mentions
-- answers: Who are the top authors or sites by reach among negative mentions?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- by: author|site = author; whether people or the sites of their links are counted
-- top: number = 20; how many are listed
-- chart: bar who heard_by by brand

-- `heard_by` adds up the reach of the negative mentions; where a source tells none, those who liked or answered. The
-- quote and the link are of the one that most people saw.

WITH said AS (
    SELECT
        b.brand,
        m.source,
        IF($by = 'site', regexp_extract(m.url, '://(?:www\.)?([^/:?#]+)', 1), m.author) AS who,
        heard_by(m.reach, m.likes, m.replies) AS heard_by,
        m.rowid AS place
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE
        m.day BETWEEN $since::DATE AND $until::DATE
        AND b.day BETWEEN $since::DATE AND $until::DATE
        AND m.sentiment = 'negative'
        AND list_contains($brand::VARCHAR[], b.brand)
),

voices AS (
    SELECT
        brand,
        source,
        who,
        count(*) AS negative,
        sum(heard_by)::BIGINT AS heard_by,
        arg_max(place, heard_by) AS place
    FROM said
    WHERE who <> ''
    GROUP BY ALL
    ORDER BY heard_by DESC, negative DESC, who, brand, source
    LIMIT $top
),

-- How much else they say is asked of them only.
theirs AS MATERIALIZED (
    SELECT
        mention_id,
        day,
        source,
        IF($by = 'site', regexp_extract(url, '://(?:www\.)?([^/:?#]+)', 1), author) AS who
    FROM mentions
    WHERE
        day BETWEEN $since::DATE AND $until::DATE
        AND sentiment IS NOT NULL
        AND IF($by = 'site', regexp_extract(url, '://(?:www\.)?([^/:?#]+)', 1), author) IN (SELECT who FROM voices)
),

reads AS (
    SELECT b.brand, t.source, t.who, count(*) AS read
    FROM theirs AS t
    JOIN brand_mentions AS b ON b.mention_id = t.mention_id AND b.day = t.day
    WHERE b.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
)

SELECT
    v.brand,
    v.who,
    v.source,
    v.heard_by,
    v.negative,
    r.read,
    share(v.negative, r.read) AS negative_share,
    wilson_low(v.negative, r.read) AS negative_share_low,
    wilson_high(v.negative, r.read) AS negative_share_high,
    quote_of(m.title, m.text) AS quote,
    m.url
FROM voices AS v
JOIN reads AS r ON r.brand = v.brand AND r.source = v.source AND r.who = v.who
JOIN mentions AS m ON m.rowid = v.place
WHERE m.day BETWEEN $since::DATE AND $until::DATE
ORDER BY v.heard_by DESC, v.negative DESC, v.who, v.brand, v.source;
