-- How many rows beside the mentions hold what people said, and since when; NULL where no time is kept.

SELECT 'aspects' AS place, count(*) AS rows, min(day)::TIMESTAMP AS since FROM aspects
UNION ALL
SELECT 'corrections', count(*), min(corrected_at) FROM corrections
UNION ALL
SELECT 'quotes in alerts', coalesce(sum(len(quotes)), 0), min(raised_at) FILTER (len(quotes) > 0) FROM alerts
UNION ALL
SELECT 'rejects', count(*), min(seen_at) FROM ops.rejects
UNION ALL
SELECT 'readings kept aside', (SELECT count(*) FROM ops.rereadings) + (SELECT count(*) FROM ops.reread_aspects), NULL
UNION ALL
SELECT 'embeddings', count(*), min(posted_at) FROM ops.unplaced;
