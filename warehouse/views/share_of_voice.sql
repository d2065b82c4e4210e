CREATE OR REPLACE VIEW share_of_voice AS
WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        brand,
        sum(mentions)::BIGINT AS mentions,
        sum(reach)::BIGINT AS reach
    FROM daily_brand
    WHERE brand IS NOT NULL
    GROUP BY ALL
)

SELECT
    w.week,
    w.brand,
    b.competitor,
    w.mentions,
    w.mentions / sum(w.mentions) OVER (PARTITION BY w.week) AS share,
    w.reach
FROM weeks AS w
LEFT JOIN brands AS b ON b.brand = w.brand;

COMMENT ON VIEW share_of_voice IS 'How much of the talk is about each brand, by week.';
COMMENT ON COLUMN share_of_voice.week IS 'The Monday that begins the week, UTC.';
COMMENT ON COLUMN share_of_voice.brand IS 'brands.brand';
COMMENT ON COLUMN share_of_voice.competitor IS 'False for the brands that are ours.';
COMMENT ON COLUMN share_of_voice.mentions IS 'Mentions of the brand.';
COMMENT ON COLUMN share_of_voice.share IS 'These as a share of the mentions of all brands in the week, 0 to 1.';
COMMENT ON COLUMN share_of_voice.reach IS 'Sum of reach where it is known.';
