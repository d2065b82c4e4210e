-- title: What caused the spike
-- answers: What caused Tuesday's spike: which story, topic, source and author?
-- brand: brands = own; whose mentions
-- day: day = any; the day of the spike; any takes the one that stands out most of the days asked for
-- since: day = 14d; the first day that can be it
-- until: day = newest; the last day that can be it
-- of: all|negative = all; which mentions are counted
-- top: number = 3; how many of each are named
-- chart: bar name extra by what

-- Usual is the mean of the 28 days before, or of those since the brand is heard. `extra` is how many mentions came on
-- top of it, and the first row of each kind (`what`) contributed most. A story is one text with its copies. `share` is
-- of the mentions of the day.

WITH first_days AS (
    SELECT brand, min(day) AS first_day FROM daily_brand WHERE list_contains($brand::VARCHAR[], brand) GROUP BY brand
),

asked AS (
    SELECT coalesce($day::DATE, $since::DATE) AS first, coalesce($day::DATE, $until::DATE) AS last
),

counts AS (
    SELECT brand, day, sum(IF($of = 'negative', negative, mentions)) AS mentions
    FROM daily_brand
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN coalesce($day::DATE, $since::DATE) - 28 AND coalesce($day::DATE, $until::DATE)
    GROUP BY ALL
),

days AS (
    SELECT f.brand, d.day::DATE AS day, f.first_day, coalesce(c.mentions, 0) AS mentions
    FROM first_days AS f
    JOIN asked AS a ON TRUE
    JOIN generate_series(
        coalesce($day::DATE, $since::DATE) - INTERVAL 28 DAYS, coalesce($day::DATE, $until::DATE)::TIMESTAMP, INTERVAL 1 DAY
    ) AS d (day) ON d.day >= f.first_day
    LEFT JOIN counts AS c ON c.brand = f.brand AND c.day = d.day::DATE
),

judged AS (
    SELECT
        *,
        coalesce(avg(mentions) OVER before, 0) AS usual,
        (mentions - usual) / sqrt(greatest(usual, 1)) AS surprise
    FROM days
    WINDOW before AS (PARTITION BY brand ORDER BY day ROWS BETWEEN 28 PRECEDING AND 1 PRECEDING)
),

spikes AS (
    SELECT j.brand, j.day, j.mentions, j.usual, least(28, j.day - j.first_day) AS days_before
    FROM judged AS j
    JOIN asked AS a ON j.day BETWEEN a.first AND a.last
    WHERE j.mentions > 0
    QUALIFY row_number() OVER (PARTITION BY j.brand ORDER BY j.surprise DESC, j.day DESC) = 1
),

sources AS (
    SELECT
        s.brand,
        d.source AS name,
        sum(IF($of = 'negative', d.negative, d.mentions)) FILTER (d.day = s.day) AS mentions,
        coalesce(sum(IF($of = 'negative', d.negative, d.mentions)) FILTER (d.day < s.day), 0) AS before
    FROM spikes AS s
    JOIN daily_brand AS d ON d.brand = s.brand AND d.day BETWEEN s.day - 28 AND s.day
    GROUP BY ALL
),

topics AS (
    SELECT
        s.brand,
        d.topic AS name,
        sum(IF($of = 'negative', d.negative, d.mentions)) FILTER (d.day = s.day) AS mentions,
        coalesce(sum(IF($of = 'negative', d.negative, d.mentions)) FILTER (d.day < s.day), 0) AS before
    FROM spikes AS s
    JOIN daily_topic AS d ON d.brand = s.brand AND d.day BETWEEN s.day - 28 AND s.day
    GROUP BY ALL
),

said AS (
    SELECT
        s.brand,
        m.mention_id,
        m.day,
        m.story_id,
        m.source,
        m.author,
        m.url,
        heard_by(m.reach, m.likes, m.replies) AS heard_by
    FROM spikes AS s
    JOIN brand_mentions AS b ON b.brand = s.brand AND b.day = s.day
    JOIN mentions AS m ON m.mention_id = b.mention_id AND m.day = b.day
    WHERE
        b.day BETWEEN coalesce($day::DATE, $since::DATE) AND coalesce($day::DATE, $until::DATE)
        AND m.day BETWEEN coalesce($day::DATE, $since::DATE) AND coalesce($day::DATE, $until::DATE)
        AND ($of = 'all' OR m.sentiment = 'negative')
),

told AS (
    SELECT brand, story_id, count(*) AS mentions, max(heard_by) AS heard_by, arg_max(mention_id, heard_by) AS mention_id
    FROM said
    GROUP BY brand, story_id
    QUALIFY row_number() OVER (PARTITION BY brand ORDER BY count(*) DESC, max(said.heard_by) DESC, story_id) <= $top
),

voices AS (
    SELECT brand, source, author, count(*) AS mentions, max(heard_by) AS heard_by, arg_max(mention_id, heard_by) AS mention_id
    FROM said
    WHERE author IS NOT NULL
    GROUP BY brand, source, author
    QUALIFY row_number() OVER (PARTITION BY brand ORDER BY count(*) DESC, max(said.heard_by) DESC, author) <= $top
),

-- What the same stories and authors said on the days before, found before it is asked of whom.
again AS (
    SELECT mention_id, day, story_id, source, NULL AS author
    FROM mentions
    WHERE
        day BETWEEN coalesce($day::DATE, $since::DATE) - 28 AND coalesce($day::DATE, $until::DATE)
        AND story_id IN (SELECT story_id FROM told)
        AND ($of = 'all' OR sentiment = 'negative')
    UNION ALL
    SELECT mention_id, day, NULL, source, author
    FROM mentions
    WHERE
        day BETWEEN coalesce($day::DATE, $since::DATE) - 28 AND coalesce($day::DATE, $until::DATE)
        AND author IN (SELECT author FROM voices)
        AND ($of = 'all' OR sentiment = 'negative')
),

earlier AS (
    SELECT s.brand, a.story_id, a.source, a.author
    FROM again AS a
    JOIN brand_mentions AS b ON b.mention_id = a.mention_id AND b.day = a.day
    JOIN spikes AS s ON s.brand = b.brand AND a.day BETWEEN s.day - 28 AND s.day - 1
    WHERE b.day BETWEEN coalesce($day::DATE, $since::DATE) - 28 AND coalesce($day::DATE, $until::DATE)
),

parts AS (
    SELECT brand, 'source' AS what, name, mentions, before, NULL::UBIGINT AS mention_id, 0 AS heard_by FROM sources
    UNION ALL
    SELECT brand, 'topic', name, mentions, before, NULL, 0 FROM topics
    UNION ALL
    SELECT
        t.brand, 'story', NULL, t.mentions,
        (SELECT count(*) FROM earlier AS e WHERE e.brand = t.brand AND e.story_id = t.story_id), t.mention_id, t.heard_by
    FROM told AS t
    UNION ALL
    SELECT
        v.brand, 'author', v.author || ' on ' || v.source, v.mentions,
        (SELECT count(*) FROM earlier AS e WHERE e.brand = v.brand AND e.author = v.author AND e.source = v.source),
        v.mention_id, v.heard_by
    FROM voices AS v
    UNION ALL
    SELECT brand, 'day', strftime(day, '%a %d %b'), mentions, usual * days_before, NULL, 0 FROM spikes
),

ranked AS (
    SELECT
        s.day,
        s.mentions AS total,
        p.*,
        p.before / greatest(s.days_before, 1) AS usual,
        p.mentions - p.before / greatest(s.days_before, 1) AS extra
    FROM parts AS p
    JOIN spikes AS s ON s.brand = p.brand
    WHERE p.mentions > 0
    QUALIFY row_number() OVER (PARTITION BY p.brand, p.what ORDER BY extra DESC, p.heard_by DESC, p.name) <= $top
)

SELECT
    r.brand,
    r.day,
    r.what,
    coalesce(r.name, quote_of(m.title, m.text)) AS name,
    r.mentions::BIGINT AS mentions,
    r.usual,
    r.extra,
    IF(r.what = 'day', NULL, share(r.mentions, r.total)) AS share,
    IF(r.what = 'day', NULL, wilson_low(r.mentions, r.total)) AS share_low,
    IF(r.what = 'day', NULL, wilson_high(r.mentions, r.total)) AS share_high,
    m.url
FROM ranked AS r
LEFT JOIN mentions AS m ON m.mention_id = r.mention_id AND m.day = r.day
ORDER BY
    r.brand,
    list_position(['day', 'story', 'topic', 'source', 'author'], r.what),
    r.extra DESC,
    r.heard_by DESC,
    r.name;
