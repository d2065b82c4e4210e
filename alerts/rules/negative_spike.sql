-- title: {brand}: {negative} negative mentions on {day:%a %d %b}, {times:.1f}× the usual
-- reason: {negative} of {read} mentions were negative ({share:.0%}). Usual on such a day of the week: {usual:.1f} ({usual_share:.0%}), from the {days} days before.
-- severity: high
-- quiet: 3 days
-- minimum: negative 10

-- The last two full days are judged, because some sources show a review a day late; the quiet time keeps one day
-- from being told twice. Each is compared with the 28 days before it, days without a mention counting as zero.

WITH today AS (
    SELECT getvariable('now')::DATE AS today
),

-- A source that is new here has no usual: the first pages of an RSS feed would look like a spike.
sources AS (
    SELECT source, min(day) AS since
    FROM daily_brand
    GROUP BY source
    HAVING min(day) <= (SELECT today - 15 FROM today)
),

brand_days AS (
    SELECT
        d.brand,
        d.day,
        sum(d.mentions) AS mentions,
        sum(d.read) AS read,
        sum(d.negative) AS negative
    FROM daily_brand AS d
    JOIN sources AS s ON s.source = d.source
    JOIN today AS t ON d.day BETWEEN t.today - 30 AND t.today - 1
    WHERE d.brand IS NOT NULL
    GROUP BY ALL
),

-- From this day on all sources of the brand are heard.
histories AS (
    SELECT d.brand, greatest(min(d.day), max(s.since)) AS since
    FROM daily_brand AS d
    JOIN sources AS s ON s.source = d.source
    GROUP BY d.brand
),

judged AS (
    SELECT d.*, least(28, d.day - h.since) AS days
    FROM brand_days AS d
    JOIN histories AS h ON h.brand = d.brand
    JOIN today AS t ON d.day >= t.today - 2
    WHERE d.day - h.since >= 14
),

baseline AS (
    SELECT
        j.brand,
        j.day,
        r.ago,
        coalesce(d.mentions, 0) AS mentions,
        coalesce(d.read, 0) AS read,
        coalesce(d.negative, 0) AS negative
    FROM judged AS j
    JOIN range(1, 29) AS r (ago) ON r.ago <= j.days
    LEFT JOIN brand_days AS d ON d.brand = j.brand AND d.day = j.day - r.ago::INTEGER
),

-- An earlier incident must not hide the next one, so days beyond Tukey's fence count as the fence;
-- five, half of the minimum, is no incident.
fences AS (
    SELECT
        brand,
        day,
        quantile_cont(negative, 0.75) AS upper,
        greatest(5, upper + 1.5 * (upper - quantile_cont(negative, 0.25))) AS fence
    FROM baseline
    GROUP BY ALL
),

-- The rhythm of the week is that of all talk: negative mentions alone are too few to show it. It is known from
-- four days of each kind, so it lowers the usual by half at most.
weeks AS (
    SELECT
        b.*,
        least(b.negative, f.fence) AS calm,
        avg(calm) OVER (PARTITION BY b.brand, b.day) * greatest(
            0.5,
            avg(b.read) OVER (PARTITION BY b.brand, b.day, b.ago % 7)
            / nullif(avg(b.read) OVER (PARTITION BY b.brand, b.day), 0)
        ) AS expected
    FROM baseline AS b
    JOIN fences AS f ON f.brand = b.brand AND f.day = b.day
),

-- `spread` is the variance per expected mention: 1 for mentions that come singly, more where they come in bursts.
usuals AS (
    SELECT
        brand,
        day,
        any_value(expected) FILTER (ago % 7 = 0) AS usual,
        greatest(1, avg((calm - expected) ** 2 / (expected + 1))) AS spread,
        coalesce(sum(negative) / nullif(sum(read), 0), 0) AS usual_share,
        coalesce(sum(read) / nullif(sum(mentions), 0), 1) AS read_share
    FROM weeks
    GROUP BY ALL
)

SELECT
    j.brand AS key,
    j.brand,
    CASE WHEN b.competitor THEN 'low' ELSE 'high' END AS severity,
    j.day,
    j.days,
    j.negative,
    j.read,
    j.negative / j.read AS share,
    u.usual,
    u.usual_share,
    j.negative / greatest(u.usual, 1) AS times
FROM judged AS j
JOIN usuals AS u ON u.brand = j.brand AND u.day = j.day
LEFT JOIN brands AS b ON b.brand = j.brand
WHERE
    j.negative >= 2 * u.usual
    -- Three standard deviations; the 1 is for a usual that is itself an estimate.
    AND j.negative > u.usual + 3 * sqrt(u.spread * (u.usual + 1))
    -- More talk of the same mood is no alert: chance raises the share this far once in twenty times.
    AND j.negative > j.read * u.usual_share + 1.64 * sqrt(j.read * u.usual_share * (1 - u.usual_share))
    -- A past that no model has read yet looks calm.
    AND u.read_share >= 0.5 * j.read / j.mentions
QUALIFY row_number() OVER (PARTITION BY j.brand ORDER BY j.day DESC) = 1
ORDER BY severity, times DESC;
