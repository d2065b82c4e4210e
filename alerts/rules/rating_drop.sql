-- title: {brand}: {stars:.1f} stars in the last 7 days, {stars_before:.1f} before
-- reason: Mean of {ratings} ratings against {ratings_before} in the 28 days before: {drop:.2f} stars lower, {errors:.0f} standard errors. {low_share:.0%} gave 2 stars or fewer, {low_share_before:.0%} before.
-- severity: high
-- quiet: 14 days
-- minimum: ratings 20, ratings_before 20

WITH today AS (
    SELECT getvariable('now')::DATE AS today
),

-- A source that is new here would move the mean by joining it.
sources AS (
    SELECT source
    FROM daily_brand
    GROUP BY source
    HAVING min(day) <= (SELECT today - 21 FROM today)
),

sums AS (
    SELECT
        d.brand,
        t.today - 7 AS since,
        t.today - 1 AS until,
        min(d.day) FILTER (d.ratings > 0) AS first_day,
        sum(d.ratings) FILTER (d.day >= t.today - 7) AS ratings,
        sum(d.stars_sum) FILTER (d.day >= t.today - 7) AS total,
        sum(d.stars_squared_sum) FILTER (d.day >= t.today - 7) AS squares,
        sum(d.low_ratings) FILTER (d.day >= t.today - 7) AS low,
        sum(d.ratings) FILTER (d.day < t.today - 7) AS ratings_before,
        sum(d.stars_sum) FILTER (d.day < t.today - 7) AS total_before,
        sum(d.stars_squared_sum) FILTER (d.day < t.today - 7) AS squares_before,
        sum(d.low_ratings) FILTER (d.day < t.today - 7) AS low_before
    FROM daily_brand AS d
    JOIN sources AS s ON s.source = d.source
    JOIN today AS t ON d.day BETWEEN t.today - 35 AND t.today - 1
    WHERE d.brand IS NOT NULL
    GROUP BY ALL
    HAVING first_day <= since - 14
),

-- `error` is Welch's: the two sides may spread differently.
means AS (
    SELECT
        *,
        total / ratings AS stars,
        total_before / ratings_before AS stars_before,
        stars_before - stars AS drop,
        sqrt(
            greatest(squares - ratings * stars ** 2, 0) / (ratings - 1) / ratings
            + greatest(squares_before - ratings_before * stars_before ** 2, 0) / (ratings_before - 1) / ratings_before
        ) AS error
    FROM sums
    WHERE ratings > 1 AND ratings_before > 1
)

SELECT
    m.brand AS key,
    m.brand,
    CASE WHEN b.competitor THEN 'low' ELSE 'high' END AS severity,
    m.since,
    m.until,
    m.ratings,
    m.ratings_before,
    m.stars,
    m.stars_before,
    m.drop,
    m.drop / greatest(m.error, 0.01) AS errors,
    m.low / m.ratings AS low_share,
    m.low_before / m.ratings_before AS low_share_before
FROM means AS m
LEFT JOIN brands AS b ON b.brand = m.brand
WHERE m.drop >= 0.4 AND m.drop > 3 * m.error
ORDER BY severity, m.drop DESC;
