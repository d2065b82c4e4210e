-- Whether something is older than the temporary tables `oldest` (kind, day) and `feed_days` (feed, day) allow.

SELECT
    EXISTS (
        SELECT 1
        FROM mentions AS m
        JOIN oldest AS o ON o.kind = m.kind
        WHERE m.day < (SELECT max(day) FROM oldest) AND m.day < o.day
    )
    OR EXISTS (
        SELECT 1
        FROM ops.rejects AS r
        JOIN feed_days AS f ON f.feed = r.feed AND r.seen_at < f.day
    ) AS is_due;
