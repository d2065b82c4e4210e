-- The newest day that was over when this mart was published; where none was, the newest there is.
SELECT coalesce(max(d.day) FILTER (d.day < p.published_on), max(d.day)) AS newest
FROM daily_brand AS d,
    (
        SELECT
            coalesce(
                max(try_cast(value AS TIMESTAMPTZ)) FILTER (name = 'published_at') AT TIME ZONE 'UTC',
                now() AT TIME ZONE 'UTC'
            )::DATE AS published_on
        FROM about
    ) AS p;
