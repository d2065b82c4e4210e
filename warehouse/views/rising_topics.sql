CREATE OR REPLACE VIEW rising_topics AS
WITH newest AS (
    SELECT max(day) AS day FROM daily_topic WHERE day <= current_date
),

counts AS (
    SELECT
        t.brand,
        t.topic_id,
        t.topic,
        coalesce(sum(t.mentions) FILTER (t.day > n.day - 7), 0)::BIGINT AS mentions,
        coalesce(sum(t.negative) FILTER (t.day > n.day - 7), 0)::BIGINT AS negative,
        coalesce(sum(t.mentions) FILTER (t.day <= n.day - 7), 0) / 4 AS usual
    FROM daily_topic AS t, newest AS n
    WHERE t.brand IS NOT NULL AND t.day > n.day - 35 AND t.day <= n.day
    GROUP BY ALL
)

SELECT
    brand,
    topic_id,
    topic,
    mentions,
    usual,
    mentions / nullif(usual, 0) AS growth,
    (mentions - usual) / sqrt(greatest(usual, 1)) AS surprise,
    negative
FROM counts
WHERE mentions >= 5 AND mentions > usual;

COMMENT ON VIEW rising_topics IS 'Topics talked of more in the newest seven days than in the four weeks before; five mentions or more.';
COMMENT ON COLUMN rising_topics.brand IS 'brands.brand';
COMMENT ON COLUMN rising_topics.topic_id IS 'topics.topic_id';
COMMENT ON COLUMN rising_topics.topic IS 'topics.topic';
COMMENT ON COLUMN rising_topics.mentions IS 'Mentions in the newest seven days.';
COMMENT ON COLUMN rising_topics.usual IS 'Mean per seven days in the four weeks before.';
COMMENT ON COLUMN rising_topics.growth IS 'mentions / usual; NULL for a topic that was not talked of before.';
COMMENT ON COLUMN rising_topics.surprise IS 'Distance from usual in standard deviations of a Poisson count; above 3 is rarely chance.';
COMMENT ON COLUMN rising_topics.negative IS 'Of the newest seven days, mentions read as negative.';
