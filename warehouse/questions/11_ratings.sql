-- title: Ratings by app and country
-- answers: What is the average rating by app and country, and how did it move after a release?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day, such as that of a release: as many days before it are what it is compared with
-- until: day = newest; the last day
-- chart: bar feed stars by country

-- A feed of an app store is an app. The sources do not tell the version that a review is of, so a release is asked for
-- by its day: --since 2026-11-01. Stars are on a scale of 0 to 5 whatever the source's own is.

WITH counts AS (
    SELECT
        brand,
        feed,
        coalesce(country, IF(grouping(country) = 1, 'all', 'not told')) AS country,
        grouping(country) AS is_total,
        coalesce(sum(ratings) FILTER (day >= $since::DATE), 0)::BIGINT AS ratings,
        sum(stars_sum) FILTER (day >= $since::DATE) AS total,
        sum(stars_squared_sum) FILTER (day >= $since::DATE) AS squares,
        coalesce(sum(low_ratings) FILTER (day >= $since::DATE), 0)::BIGINT AS low_ratings,
        coalesce(sum(ratings) FILTER (day < $since::DATE), 0)::BIGINT AS ratings_before,
        sum(stars_sum) FILTER (day < $since::DATE) AS total_before,
        sum(stars_squared_sum) FILTER (day < $since::DATE) AS squares_before
    FROM daily_feed
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN first_before($since::DATE, $until::DATE) AND $until::DATE
        AND ratings > 0
    GROUP BY GROUPING SETS ((brand, feed, country), (brand, feed))
),

means AS (
    SELECT
        *,
        share(total, ratings) AS stars,
        stars_low(ratings, total, squares) AS low,
        stars_high(ratings, total, squares) AS high,
        share(total_before, ratings_before) AS before,
        stars_low(ratings_before, total_before, squares_before) AS before_low,
        stars_high(ratings_before, total_before, squares_before) AS before_high
    FROM counts
)

SELECT
    brand,
    feed,
    country,
    ratings,
    stars,
    low AS stars_low,
    high AS stars_high,
    share(low_ratings, ratings) AS two_stars_or_fewer_share,
    wilson_low(low_ratings, ratings) AS two_stars_or_fewer_share_low,
    wilson_high(low_ratings, ratings) AS two_stars_or_fewer_share_high,
    ratings_before,
    before AS stars_before,
    before_low AS stars_before_low,
    before_high AS stars_before_high,
    stars - before AS change,
    change_low(stars, low, before, before_high) AS change_low,
    change_high(stars, high, before, before_low) AS change_high,
    verdict(change_low, change_high) AS verdict
FROM means
ORDER BY brand, feed, is_total DESC, ratings DESC, country;
