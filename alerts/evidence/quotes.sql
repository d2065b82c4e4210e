-- Three voices for the window $2 to $3, preferring the topics $4, then other sources, then sure readings and
-- mentions that many people saw. One of each story, and one of each author.

WITH voices AS (
    SELECT
        m.*,
        concat_ws(' – ', nullif(m.title, ''), nullif(m.text, '')) AS words,
        coalesce(m.sentiment = 'negative', FALSE) AS is_negative,
        coalesce(list_contains($4::VARCHAR[], m.topic), FALSE) AS is_on_topic,
        coalesce(m.confidence, 0) >= 0.7 AS is_sure,
        -- Both are skewed, so ten times as many counts as one step.
        log10(1 + greatest(coalesce(m.reach, 0), 0)) + log10(1 + greatest(coalesce(m.likes, 0), 0)) AS prominence
    FROM brand_mentions AS b
    JOIN mentions AS m ON m.mention_id = b.mention_id AND m.day = b.day
    WHERE
        b.brand = $1
        AND b.day BETWEEN $2::DATE AND $3::DATE
        AND (m.sentiment = 'negative' OR 5 * m.rating / m.rating_max <= 2)
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            ORDER BY is_negative DESC, is_on_topic DESC, is_sure DESC, prominence DESC, posted_at DESC, mention_id
        ) AS place
    FROM voices
    WHERE words <> ''
),

single AS (
    SELECT * FROM ranked
    QUALIFY
        row_number() OVER (PARTITION BY story_id ORDER BY place) = 1
        AND row_number() OVER (PARTITION BY source, coalesce(author, mention_id::VARCHAR) ORDER BY place) = 1
)

SELECT words, url, source
FROM single
ORDER BY
    is_negative DESC,
    is_on_topic DESC,
    row_number() OVER (PARTITION BY is_negative, is_on_topic, source ORDER BY place),
    place
LIMIT 3;
