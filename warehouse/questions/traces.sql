-- How many rows of what go when `doomed` and what names it is removed, as the temporary tables of load/forget.sql have it.

SELECT 'mentions' AS place, count(*) AS rows FROM doomed
UNION ALL
SELECT 'brand_mentions', count(*) FROM brand_mentions WHERE mention_id IN (SELECT mention_id FROM doomed)
UNION ALL
SELECT 'aspects', count(*) FROM aspects WHERE mention_id IN (SELECT mention_id FROM doomed)
UNION ALL
SELECT 'corrections', count(*)
FROM corrections
WHERE mention_id IN (SELECT mention_id FROM doomed UNION SELECT mention_id FROM asked_ids)
UNION ALL
SELECT 'quotes in alerts', count(*) FROM doomed_quotes WHERE alert_row NOT IN (SELECT row FROM doomed_alerts)
UNION ALL
SELECT 'alerts that name them', count(*) FROM doomed_alerts
UNION ALL
SELECT 'rejects', count(*) FROM doomed_rejects
UNION ALL
SELECT 'messages of runs', count(*) FROM doomed_messages
UNION ALL
SELECT
    'readings kept aside',
    (SELECT count(*) FROM ops.overruled WHERE mention_id IN (SELECT mention_id FROM doomed))
    + (SELECT count(*) FROM ops.rereadings WHERE mention_id IN (SELECT mention_id FROM doomed))
    + (SELECT count(*) FROM ops.reread_aspects WHERE mention_id IN (SELECT mention_id FROM doomed))
    + (SELECT count(*) FROM ops.unplaced WHERE mention_id IN (SELECT mention_id FROM doomed))
UNION ALL
SELECT 'places in stories', count(*) FROM ops.signed WHERE mention_id IN (SELECT mention_id FROM doomed);
