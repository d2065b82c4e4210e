-- title: Early signs of a crisis
-- answers: Is this an early crisis: negative volume above its baseline for hours, several sources, an author whom many hear?
-- brand: brands = own; whose mentions
-- since: day = 7d; the first day
-- until: day = newest; the last day
-- hours: number = 12; how many hours are judged together
-- least: number = 5; fewer negative mentions in these hours are no sign
-- sources: number = 3; from how many sources on it is more than one channel
-- reach: number = 1000; from how many people on an author is heard
-- chart: bar brand signs

-- An hour is above the baseline when the negative mentions of the last `hours` hours are more than three standard
-- deviations above the mean of the same hours on the 28 days before. Such hours that are no further apart are one episode.
-- `signs` counts what holds: at least `hours` hours long, several sources, an author who is heard. 3 is a crisis, 2 to
-- watch, 1 or 0 a rise; a brand without an episode is calm. `growth` is against the 28 days before the episode. A brand
-- needs 14 days of history.

WITH first_days AS (
    SELECT brand, min(day) AS first_day FROM daily_brand WHERE list_contains($brand::VARCHAR[], brand) GROUP BY brand
),

counts AS (
    SELECT brand, day + to_hours(hour) AS moment, sum(negative) AS negative
    FROM hourly_brand
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE - 30 AND $until::DATE
    GROUP BY ALL
),

hours AS (
    SELECT f.brand, h.moment, f.first_day, coalesce(c.negative, 0) AS negative
    FROM first_days AS f
    JOIN generate_series($since::TIMESTAMP - INTERVAL 30 DAYS, $until::TIMESTAMP + INTERVAL 23 HOURS, INTERVAL 1 HOUR) AS h (moment)
        ON h.moment >= f.first_day
    LEFT JOIN counts AS c ON c.brand = f.brand AND c.moment = h.moment
),

together AS (
    SELECT
        *,
        sum(negative) OVER (
            PARTITION BY brand ORDER BY moment RANGE BETWEEN to_hours($hours::BIGINT - 1) PRECEDING AND CURRENT ROW
        ) AS last_hours
    FROM hours
),

judged AS (
    SELECT
        *,
        avg(last_hours) OVER same_hour AS usual,
        coalesce(var_samp(last_hours) OVER same_hour, 0) AS spread
    FROM together
    WINDOW same_hour AS (PARTITION BY brand, hour(moment) ORDER BY moment ROWS BETWEEN 28 PRECEDING AND 1 PRECEDING)
),

above AS (
    SELECT
        *,
        moment - lag(moment) OVER (PARTITION BY brand ORDER BY moment) > to_hours($hours::BIGINT) IS TRUE AS begins
    FROM judged
    WHERE
        moment >= $since::TIMESTAMP
        AND moment >= first_day + INTERVAL 14 DAYS
        AND last_hours >= $least
        AND last_hours > usual + 3 * sqrt(greatest(usual + 1, spread))
),

numbered AS (
    SELECT *, sum(begins::INTEGER) OVER (PARTITION BY brand ORDER BY moment) AS episode FROM above
),

episodes AS (
    SELECT
        brand,
        episode,
        min(moment) - to_hours($hours::BIGINT - 1) AS first_hour,
        max(moment) AS last_hour,
        date_diff('hour', first_hour, last_hour) + 1 AS hours
    FROM numbered
    GROUP BY ALL
),

sums AS (
    SELECT
        e.brand,
        e.episode,
        sum(h.negative) FILTER (h.moment >= e.first_hour)::BIGINT AS negative,
        coalesce(sum(h.negative) FILTER (h.moment < e.first_hour), 0)::BIGINT AS before,
        count(*) FILTER (h.moment < e.first_hour) AS hours_before
    FROM episodes AS e
    JOIN hours AS h ON h.brand = e.brand AND h.moment BETWEEN e.first_hour - INTERVAL 28 DAYS AND e.last_hour
    GROUP BY ALL
),

voices AS (
    SELECT
        e.brand,
        e.episode,
        count(DISTINCT m.source) AS sources,
        max(heard_by(m.reach, m.likes, m.replies)) AS heard_by,
        arg_max(m.author, heard_by(m.reach, m.likes, m.replies)) AS author,
        arg_max(m.url, heard_by(m.reach, m.likes, m.replies)) AS url,
        mode(m.topic) AS topic
    FROM episodes AS e
    JOIN brand_mentions AS b ON b.brand = e.brand AND b.day BETWEEN e.first_hour::DATE AND e.last_hour::DATE
    JOIN mentions AS m ON m.mention_id = b.mention_id AND m.day = b.day
    WHERE
        m.day BETWEEN $since::DATE - 1 - ($hours::INTEGER // 24) AND $until::DATE
        AND m.sentiment = 'negative'
        AND m.posted_at >= e.first_hour
        AND m.posted_at < e.last_hour + INTERVAL 1 HOUR
    GROUP BY ALL
),

signs AS (
    SELECT
        e.*,
        s.negative,
        s.before,
        s.hours_before,
        v.sources,
        v.author,
        v.heard_by,
        v.topic,
        v.url,
        (e.hours >= $hours)::INTEGER + (v.sources >= $sources)::INTEGER + (v.heard_by >= $reach)::INTEGER AS signs
    FROM episodes AS e
    JOIN sums AS s ON s.brand = e.brand AND s.episode = e.episode
    JOIN voices AS v ON v.brand = e.brand AND v.episode = e.episode
)

SELECT
    a.brand,
    CASE WHEN s.brand IS NULL THEN 'calm' WHEN s.signs = 3 THEN 'crisis' WHEN s.signs = 2 THEN 'watch' ELSE 'rise' END AS verdict,
    coalesce(s.signs, 0) AS signs,
    s.first_hour,
    s.last_hour,
    s.hours,
    s.negative,
    s.before / s.hours_before * s.hours AS usual,
    growth(s.negative, s.before, s.hours_before / s.hours) AS growth,
    growth_low(s.negative, s.before, s.hours_before / s.hours) AS growth_low,
    growth_high(s.negative, s.before, s.hours_before / s.hours) AS growth_high,
    s.sources,
    s.author,
    s.heard_by,
    s.topic,
    s.url
FROM (SELECT unnest($brand::VARCHAR[]) AS brand) AS a
LEFT JOIN signs AS s ON s.brand = a.brand
ORDER BY signs DESC, s.last_hour DESC, a.brand;
