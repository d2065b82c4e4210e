-- title: Loyalty by week
-- answers: Would they miss us: how does loyalty move from week to week?
-- brand: brands = own; whose mentions
-- since: day = 12w; the first day
-- until: day = newest; the last day
-- chart: line week loyalty by brand

-- Each mention whose signals are known earns points x: -1 when it says that its writer is leaving; else 1 for advocacy,
-- which is praise that others liked or answered; else 0.5 for praise; else 0. It counts by engagement with the weight
-- w = 1 + ln(1 + likes + replies): a mention that many answered says more than one that nobody did.
-- loyalty = 100 * sum(w * x) / sum(w): 100 when all advocate, -100 when all leave, 0 when neither outweighs the other.
-- The interval is that of a weighted mean (its error is sqrt(sum(w * w * (x - mean) ** 2)) / sum(w)), with one mention
-- more at either end, so that a quiet week is not sure of anything. `change` is against the week in the row before.

WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        brand,
        sum(mentions)::BIGINT AS mentions,
        sum(praise)::BIGINT AS praise,
        sum(advocacy)::BIGINT AS advocacy,
        sum(leaving)::BIGINT AS leaving,
        sum(weight) AS weight,
        sum(points) AS points,
        sum(squared_weight) AS squared_weight,
        sum(squared_weight_points) AS squared_weight_points,
        sum(squared_weight_squared_points) AS squared_weight_squared_points
    FROM daily_signal
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN date_trunc('week', $since::DATE)::DATE AND $until::DATE
    GROUP BY ALL
),

indexes AS (
    SELECT
        *,
        loyalty(points, weight) AS loyalty,
        loyalty_error(
            mentions, points, weight, squared_weight, squared_weight_points, squared_weight_squared_points
        ) AS error,
        greatest(-100, 100 * points / (weight + 2) - error) AS loyalty_low,
        least(100, 100 * points / (weight + 2) + error) AS loyalty_high
    FROM weeks
),

steps AS (
    SELECT
        *,
        lag(loyalty) OVER ahead AS before,
        lag(loyalty_low) OVER ahead AS before_low,
        lag(loyalty_high) OVER ahead AS before_high
    FROM indexes
    WINDOW ahead AS (PARTITION BY brand ORDER BY week)
)

SELECT
    week,
    least(week + 6, $until::DATE) - week + 1 AS days,
    brand,
    mentions,
    loyalty,
    loyalty_low,
    loyalty_high,
    loyalty - before AS change,
    change_low(loyalty, loyalty_low, before, before_high) AS change_low,
    change_high(loyalty, loyalty_high, before, before_low) AS change_high,
    verdict(change_low, change_high) AS verdict,
    share(praise, mentions) AS praise_share,
    wilson_low(praise, mentions) AS praise_share_low,
    wilson_high(praise, mentions) AS praise_share_high,
    share(advocacy, mentions) AS advocacy_share,
    wilson_low(advocacy, mentions) AS advocacy_share_low,
    wilson_high(advocacy, mentions) AS advocacy_share_high,
    share(leaving, mentions) AS leaving_share,
    wilson_low(leaving, mentions) AS leaving_share_low,
    wilson_high(leaving, mentions) AS leaving_share_high
FROM steps
ORDER BY week, brand;
