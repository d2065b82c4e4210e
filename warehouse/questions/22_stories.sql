-- title: Articles that are one story
-- answers: How many of these articles are the same story (syndicated), and how many are there without copies?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- kind: news|review|forum|social|own|all = news; which kind of mentions
-- top: number = 10; stories for each brand
-- chart: bar story mentions by brand

-- The first row of a brand is of all of them: `mentions` with copies, `unique` without. A story's copies are the same
-- text word for word or nearly. `reach` adds up what the sources tell; who read two copies is in it twice.

WITH said AS MATERIALIZED (
    SELECT b.brand, m.story_id, m.reach, m.posted_at, m.rowid AS place
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE
        m.day BETWEEN $since::DATE AND $until::DATE
        AND b.day BETWEEN $since::DATE AND $until::DATE
        AND ($kind = 'all' OR m.kind = $kind)
        AND list_contains($brand::VARCHAR[], b.brand)
),

told AS (
    SELECT
        brand,
        story_id,
        count(*) AS mentions,
        sum(reach)::BIGINT AS reach,
        min(posted_at) AS first_at,
        arg_min(place, posted_at) AS place
    FROM said
    GROUP BY ALL
),

totals AS (
    SELECT
        brand,
        sum(mentions)::BIGINT AS mentions,
        count(*) AS "unique",
        sum(reach)::BIGINT AS reach,
        min(first_at) AS first_at
    FROM told
    GROUP BY brand
),

largest AS (
    SELECT * FROM told
    WHERE mentions > 1
    QUALIFY row_number() OVER (PARTITION BY brand ORDER BY mentions DESC, first_at, story_id) <= $top
),

outlets AS (
    SELECT
        s.brand,
        s.story_id,
        count(DISTINCT coalesce(nullif(regexp_extract(m.url, '://(?:www\.)?([^/:?#]+)', 1), ''), m.feed)) AS outlets
    FROM largest AS l
    JOIN said AS s ON s.brand = l.brand AND s.story_id = l.story_id
    JOIN mentions AS m ON m.rowid = s.place
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

listed AS (
    SELECT
        l.brand,
        coalesce(m.title, quote_of(m.title, m.text)) AS story,
        l.mentions,
        1 AS "unique",
        l.mentions - 1 AS copies,
        share(l.mentions, t.mentions) AS share,
        wilson_low(l.mentions, t.mentions) AS share_low,
        wilson_high(l.mentions, t.mentions) AS share_high,
        o.outlets,
        l.reach,
        l.first_at,
        m.url
    FROM largest AS l
    JOIN totals AS t ON t.brand = l.brand
    JOIN outlets AS o ON o.brand = l.brand AND o.story_id = l.story_id
    JOIN mentions AS m ON m.rowid = l.place
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    UNION ALL BY NAME
    SELECT brand, 'all stories' AS story, mentions, "unique", mentions - "unique" AS copies, reach, first_at
    FROM totals
)

FROM listed
ORDER BY brand, story <> 'all stories', mentions DESC, first_at, url;
