-- Removes the mentions in the temporary table `doomed` (mention_id, day), all that was computed from them, and their
-- quotes in alerts, as `doomed_quotes` (alert_row, place) has them; runs inside one transaction, before the stories are
-- grouped and the roll-ups settled.

INSERT INTO ops.touched SELECT mention_id, day FROM doomed;

DELETE FROM mentions WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM brand_mentions WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM aspects WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM corrections WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM ops.overruled WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM ops.rereadings WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM ops.reread_aspects WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM ops.unplaced WHERE mention_id IN (SELECT mention_id FROM doomed);
DELETE FROM ops.also_seen WHERE mention_id IN (SELECT mention_id FROM doomed);

UPDATE alerts
SET quotes = kept.quotes
FROM (
    SELECT q.alert_row, coalesce(list(q.quote ORDER BY q.place) FILTER (d.place IS NULL), []) AS quotes
    FROM (
        SELECT rowid AS alert_row, unnest(quotes) AS quote, generate_subscripts(quotes, 1) AS place
        FROM alerts
        WHERE rowid IN (SELECT alert_row FROM doomed_quotes)
    ) AS q
    LEFT JOIN doomed_quotes AS d ON d.alert_row = q.alert_row AND d.place = q.place
    GROUP BY q.alert_row
) AS kept
WHERE alerts.rowid = kept.alert_row;
