-- What is kept of people by kind and source: how much, of how many names, and from when to when.

SELECT
    kind,
    source,
    count(*) AS mentions,
    count(DISTINCT author) AS authors,
    min(day) AS oldest,
    max(day) AS newest,
    min(first_seen_at) AS collected_since
FROM mentions
GROUP BY kind, source
ORDER BY kind, source;
