-- title: When people talk and complain
-- answers: On which days and hours do people talk, and complain?
-- brand: brands = own; whose mentions
-- since: day = 8w; the first day
-- until: day = newest; the last day
-- timezone: text = UTC; the clock that hours are told by, such as Europe/Berlin
-- chart: heat hour weekday mentions

-- One row for each hour of each day of the week, Monday is 1. `usual` is the mean number of mentions in such an hour.
-- Mentions whose time is not known are left out.

WITH hours AS (
    SELECT
        brand,
        (day + to_hours(hour)) AT TIME ZONE 'UTC' AT TIME ZONE $timezone::VARCHAR AS moment,
        mentions,
        read,
        negative
    FROM hourly_brand
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE AND $until::DATE
),

counts AS (
    SELECT
        brand,
        isodow(moment) AS day_number,
        hour(moment) AS hour,
        sum(mentions)::BIGINT AS mentions,
        sum(read)::BIGINT AS read,
        sum(negative)::BIGINT AS negative
    FROM hours
    GROUP BY ALL
),

weekdays AS (
    SELECT isodow(d.day) AS day_number, count(*) AS days
    FROM generate_series($since::TIMESTAMP, $until::TIMESTAMP, INTERVAL 1 DAY) AS d (day)
    GROUP BY ALL
)

SELECT
    brand,
    ['1 Mon', '2 Tue', '3 Wed', '4 Thu', '5 Fri', '6 Sat', '7 Sun'][c.day_number] AS weekday,
    hour,
    mentions,
    mentions / w.days AS usual,
    negative,
    share(negative, read) AS negative_share,
    wilson_low(negative, read) AS negative_share_low,
    wilson_high(negative, read) AS negative_share_high
FROM counts AS c
LEFT JOIN weekdays AS w ON w.day_number = c.day_number
ORDER BY brand, c.day_number, hour;
