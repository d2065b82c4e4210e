-- The topics whose negative mentions grew most in the window $2 to $3 against the 28 days before it. Two mentions
-- at least: a topic is not what one person says.

WITH counts AS (
    SELECT
        topic_id,
        topic,
        coalesce(sum(negative) FILTER (day >= $2::DATE), 0) AS negative,
        coalesce(sum(negative) FILTER (day < $2::DATE), 0) / 28 * ($3::DATE - $2::DATE + 1) AS usual
    FROM daily_topic
    WHERE brand = $1 AND day BETWEEN $2::DATE - 28 AND $3::DATE
    GROUP BY ALL
)

SELECT topic
FROM counts
WHERE negative >= 2 AND negative > usual
ORDER BY negative - usual DESC, topic_id
LIMIT 3;
