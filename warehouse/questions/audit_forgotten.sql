-- How much was forgotten, and when: by day, without names. Of `unfinished` copies or free blocks may hold something still.

SELECT
    forgotten_at::DATE AS day,
    count(mention_id) AS mentions,
    count(author_hash) AS authors,
    count(reject_hash) AS rejects,
    count(*) FILTER (cleaned_at IS NULL) AS unfinished
FROM ops.forgotten
GROUP BY ALL
ORDER BY day;
