-- Writes the temporary table `doomed_quotes` (alert_row, place): the quotes in alerts of the mentions in the temporary table
-- `doomed` (mention_id, source, url, words). A quote goes with its mention, and by its link alone where no other mention
-- has that link.

CREATE OR REPLACE TEMP TABLE doomed_quotes AS
SELECT q.alert_row, q.place
FROM (
    SELECT rowid AS alert_row, unnest(quotes) AS quote, generate_subscripts(quotes, 1) AS place FROM alerts
) AS q
JOIN doomed AS d
    ON d.source = q.quote.source
    AND d.url IS NOT DISTINCT FROM q.quote.url
    AND (
        starts_with(d.words, left(rtrim(q.quote.text, '…'), 120))
        OR d.url NOT IN (SELECT url FROM mentions WHERE url IS NOT NULL AND mention_id NOT IN (SELECT mention_id FROM doomed))
    )
GROUP BY ALL;
