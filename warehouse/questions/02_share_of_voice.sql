-- title: Share of voice by channel
-- answers: What is our share of voice against the competitors this month, by channel?
-- brand: brands = own; our side
-- competitors: brands = competitors; the other side
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- chart: bar channel share by brand

-- A share is of the public mentions of the brands asked for: tickets and surveys, which are of our own brands only, are
-- left out. `story_share` counts copies of one text once, so that an agency's story in fifty outlets is one voice.

WITH counts AS (
    SELECT
        coalesce(source, 'all channels') AS channel,
        grouping(source) AS is_total,
        brand,
        sum(mentions)::BIGINT AS mentions,
        sum(stories)::BIGINT AS stories
    FROM daily_feed
    WHERE
        list_contains(list_concat($brand::VARCHAR[], $competitors::VARCHAR[]), brand)
        AND day BETWEEN $since::DATE AND $until::DATE
        AND kind <> 'own'
    GROUP BY GROUPING SETS ((source, brand), (brand))
),

voices AS (
    SELECT
        *,
        (sum(mentions) OVER channels)::BIGINT AS all_mentions,
        (sum(stories) OVER channels)::BIGINT AS all_stories
    FROM counts
    WINDOW channels AS (PARTITION BY channel)
)

SELECT
    channel,
    brand,
    mentions,
    share(mentions, all_mentions) AS share,
    wilson_low(mentions, all_mentions) AS share_low,
    wilson_high(mentions, all_mentions) AS share_high,
    stories,
    share(stories, all_stories) AS story_share,
    wilson_low(stories, all_stories) AS story_share_low,
    wilson_high(stories, all_stories) AS story_share_high
FROM voices
ORDER BY is_total DESC, all_mentions DESC, channel, mentions DESC, brand;
