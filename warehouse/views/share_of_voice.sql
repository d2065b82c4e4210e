CREATE OR REPLACE VIEW share_of_voice AS
WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        brand,
        sum(mentions)::BIGINT AS mentions,
        sum(reach)::BIGINT AS reach
    FROM daily_feed
    WHERE brand IS NOT NULL AND kind <> 'own'
    GROUP BY ALL
),

voices AS (
    SELECT *, (sum(mentions) OVER (PARTITION BY week))::BIGINT AS all_mentions FROM weeks
)

SELECT
    w.week,
    w.brand,
    b.competitor,
    w.mentions,
    share(w.mentions, w.all_mentions) AS share,
    w.reach,
    wilson_low(w.mentions, w.all_mentions) AS share_low,
    wilson_high(w.mentions, w.all_mentions) AS share_high
FROM voices AS w
LEFT JOIN brands AS b ON b.brand = w.brand;

COMMENT ON VIEW share_of_voice IS 'How much of the public talk is about each brand, by week. Mentions of the kind own, such as tickets and surveys, are of our brands alone and are left out.';
COMMENT ON COLUMN share_of_voice.week IS 'The Monday that begins the week, UTC.';
COMMENT ON COLUMN share_of_voice.brand IS 'brands.brand';
COMMENT ON COLUMN share_of_voice.competitor IS 'False for the brands that are ours.';
COMMENT ON COLUMN share_of_voice.mentions IS 'Public mentions of the brand.';
COMMENT ON COLUMN share_of_voice.share IS 'These as a share of the public mentions of all brands in the week, 0 to 1.';
COMMENT ON COLUMN share_of_voice.reach IS 'Sum of reach where it is known.';
COMMENT ON COLUMN share_of_voice.share_low IS 'Lower end of the 95 % interval of share.';
COMMENT ON COLUMN share_of_voice.share_high IS 'Upper end of it.';
