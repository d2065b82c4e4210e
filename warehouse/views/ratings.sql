CREATE OR REPLACE VIEW ratings AS
WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        brand,
        source,
        country,
        sum(ratings)::BIGINT AS ratings,
        sum(stars_sum) AS stars_sum,
        sum(stars_squared_sum) AS stars_squared_sum,
        sum(low_ratings)::BIGINT AS low_ratings
    FROM daily_brand
    WHERE brand IS NOT NULL
    GROUP BY ALL
    HAVING sum(ratings) > 0
)

SELECT
    week,
    brand,
    source,
    country,
    ratings,
    stars_sum / ratings AS stars,
    sqrt(greatest(stars_squared_sum / ratings - (stars_sum / ratings) ** 2, 0) / ratings) AS stars_error,
    share(low_ratings, ratings) AS low_share,
    stars_low(ratings, stars_sum, stars_squared_sum) AS stars_low,
    stars_high(ratings, stars_sum, stars_squared_sum) AS stars_high,
    wilson_low(low_ratings, ratings) AS low_share_low,
    wilson_high(low_ratings, ratings) AS low_share_high
FROM weeks;

COMMENT ON VIEW ratings IS 'Mean rating by week, brand, source and country.';
COMMENT ON COLUMN ratings.week IS 'The Monday that begins the week, UTC.';
COMMENT ON COLUMN ratings.brand IS 'brands.brand';
COMMENT ON COLUMN ratings.source IS 'mentions.source';
COMMENT ON COLUMN ratings.country IS 'mentions.country';
COMMENT ON COLUMN ratings.ratings IS 'Number of ratings.';
COMMENT ON COLUMN ratings.stars IS 'Their mean, on a scale of 0 to 5.';
COMMENT ON COLUMN ratings.stars_error IS 'Standard error of that mean; a change of less than twice this is noise.';
COMMENT ON COLUMN ratings.low_share IS 'Share of ratings of at most 2 of 5 stars, 0 to 1.';
COMMENT ON COLUMN ratings.stars_low IS 'Lower end of the 95 % interval of stars; 0 of a single rating.';
COMMENT ON COLUMN ratings.stars_high IS 'Upper end of it; 5 of a single rating.';
COMMENT ON COLUMN ratings.low_share_low IS 'Lower end of the 95 % interval of low_share.';
COMMENT ON COLUMN ratings.low_share_high IS 'Upper end of it.';
