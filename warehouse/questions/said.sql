-- What a person said, as the temporary table `doomed` has it: by source, author and feed.

SELECT source, author, feed, count(*) AS mentions, min(day) AS first_day, max(day) AS last_day
FROM doomed
GROUP BY source, author, feed
ORDER BY mentions DESC, source, author, feed;
