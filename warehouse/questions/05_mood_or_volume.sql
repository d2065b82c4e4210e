-- title: Worse mood, or only more talk
-- answers: Did the negative share rise with the volume, or is it only more talk?
-- brand: brands = own; whose mentions
-- since: day = 8w; the first day
-- until: day = newest; the last day
-- chart: line week negative_share by brand

-- Each week against the week before it. `what_changed` goes by the intervals: the mood first, because more talk of the
-- same mood needs no answer and a worse mood does. The first week is taken whole, and the newest, where it is not over, is compared by the day.

WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        brand,
        least(week + 6, $until::DATE) - week + 1 AS days,
        sum(mentions)::BIGINT AS mentions,
        sum(read)::BIGINT AS read,
        sum(negative)::BIGINT AS negative
    FROM daily_brand
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN date_trunc('week', $since::DATE)::DATE AND $until::DATE
    GROUP BY ALL
),

steps AS (
    SELECT
        *,
        lag(mentions) OVER ahead AS mentions_before,
        lag(days) OVER ahead AS days_before,
        lag(read) OVER ahead AS read_before,
        lag(negative) OVER ahead AS negative_before
    FROM weeks
    WINDOW ahead AS (PARTITION BY brand ORDER BY week)
),

changes AS (
    SELECT
        *,
        share(negative, read) AS now,
        wilson_low(negative, read) AS now_low,
        wilson_high(negative, read) AS now_high,
        share(negative_before, read_before) AS before,
        wilson_low(negative_before, read_before) AS before_low,
        wilson_high(negative_before, read_before) AS before_high
    FROM steps
),

judged AS (
    SELECT
        *,
        growth(mentions, mentions_before, days_before / days) AS growth,
        growth_low(mentions, mentions_before, days_before / days) AS growth_low,
        growth_high(mentions, mentions_before, days_before / days) AS growth_high,
        change_low(now, now_low, before, before_high) AS change_low,
        change_high(now, now_high, before, before_low) AS change_high
    FROM changes
)

SELECT
    week,
    days,
    brand,
    mentions,
    growth,
    growth_low,
    growth_high,
    negative,
    now AS negative_share,
    now_low AS negative_share_low,
    now_high AS negative_share_high,
    now - before AS change,
    change_low,
    change_high,
    CASE
        WHEN mentions_before IS NULL THEN NULL
        WHEN change_low > 0 THEN 'worse mood'
        WHEN change_high < 0 THEN 'better mood'
        WHEN growth_low > 0 THEN 'only more talk'
        WHEN growth_high < 0 THEN 'only less talk'
        ELSE 'as before'
    END AS what_changed
FROM judged
ORDER BY week, brand;
