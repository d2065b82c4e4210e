-- Writes `freshness` anew; reads the temporary table `configured` (feed, source) of the feeds in the configuration
-- and the variable `checked_at`. A feed is silent when its pause is both over 2 days and over twice the longest
-- pause that it made in the 60 days before its newest mention, and it has a habit: 10 mentions on 5 days. It jumps
-- when one of the last two days has 100 mentions and 10 times its largest day of the 60 before: then it may have
-- forgotten what it was asked for. bench/silence.py measures how often either is a false alarm.

CREATE OR REPLACE TEMP TABLE feed_days AS
SELECT feed, day, count(*) AS mentions
FROM mentions
WHERE posted_at_known AND day >= getvariable('checked_at')::DATE - 400
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE habits AS
WITH newest AS (
    SELECT feed, max(day) AS newest_day FROM feed_days GROUP BY feed
),

pauses AS (
    SELECT
        d.feed,
        n.newest_day,
        d.mentions,
        d.day - lag(d.day) OVER (PARTITION BY d.feed ORDER BY d.day) AS pause
    FROM feed_days AS d
    JOIN newest AS n ON n.feed = d.feed
    WHERE d.day >= n.newest_day - 60
)

SELECT
    feed,
    newest_day,
    max(pause) AS longest_pause_days,
    count(*) >= 5 AND sum(mentions) >= 10 AS has_habit
FROM pauses
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE last_runs AS
SELECT * FROM ops.feed_runs
WHERE span = ''
QUALIFY row_number() OVER (PARTITION BY feed ORDER BY started_at DESC) = 1;

CREATE OR REPLACE TEMP TABLE weeks AS
SELECT
    feed,
    (sum(mentions) FILTER (days_ago <= 7))::BIGINT AS mentions_7d,
    sum(mentions) FILTER (days_ago > 7 AND days_ago <= 63) / 8 AS usual_7d
FROM (SELECT feed, mentions, getvariable('checked_at')::DATE - day AS days_ago FROM feed_days)
GROUP BY feed;

CREATE OR REPLACE TEMP TABLE brought AS
SELECT feed, count(*) AS mentions, max(first_seen_at) AS last_new_at, max(posted_at) AS last_posted_at
FROM mentions
GROUP BY feed;

CREATE OR REPLACE TEMP TABLE silences AS
SELECT
    feed,
    longest_pause_days,
    getvariable('checked_at')::DATE - newest_day AS pause_days,
    has_habit AND pause_days > greatest(2, 2 * longest_pause_days) AS is_silent
FROM habits;

CREATE OR REPLACE TEMP TABLE jumps AS
SELECT
    feed,
    max(mentions) FILTER (days_ago <= 1) AS jump,
    max(mentions) FILTER (days_ago > 1) AS largest_before
FROM (SELECT feed, mentions, getvariable('checked_at')::DATE - day AS days_ago FROM feed_days)
WHERE days_ago <= 61
GROUP BY feed
HAVING jump >= 100 AND jump > 10 * largest_before AND count(*) FILTER (days_ago > 1) >= 5;

DELETE FROM freshness;

INSERT INTO freshness BY NAME
SELECT
    c.feed,
    c.source,
    CASE
        WHEN r.feed IS NULL THEN 'new'
        WHEN r.status = 'failed' THEN 'failing'
        WHEN r.status = 'suspect' OR s.is_silent OR j.feed IS NOT NULL THEN 'suspect'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN r.status IN ('failed', 'suspect') THEN r.message
        WHEN s.is_silent
            THEN 'silent for ' || s.pause_days || ' days; its longest pause before was ' || s.longest_pause_days
        WHEN j.feed IS NOT NULL
            THEN j.jump || ' mentions in one day; the most in the 60 days before was ' || j.largest_before
    END AS reason,
    (SELECT max(f.started_at) FROM ops.feed_runs AS f WHERE f.feed = c.feed AND f.status <> 'failed' AND f.span = '') AS last_success_at,
    b.last_new_at,
    b.last_posted_at,
    coalesce(b.mentions, 0) AS mentions,
    coalesce(w.mentions_7d, 0) AS mentions_7d,
    w.usual_7d,
    s.longest_pause_days,
    (SELECT count(*) FROM ops.rejects AS x WHERE x.feed = c.feed) AS rejects,
    r.pages,
    r.requests,
    r.bytes,
    r.quota_left,
    getvariable('checked_at') AS checked_at
FROM configured AS c
LEFT JOIN last_runs AS r ON r.feed = c.feed
LEFT JOIN silences AS s ON s.feed = c.feed
LEFT JOIN jumps AS j ON j.feed = c.feed
LEFT JOIN brought AS b ON b.feed = c.feed
LEFT JOIN weeks AS w ON w.feed = c.feed;
