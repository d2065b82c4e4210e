-- The newest hundred mentions of the last 30 days that say a word.
SELECT mention_id, posted_at, text
FROM mentions
WHERE day > (SELECT max(day) FROM daily_brand) - 30 AND contains(lower(text), 'loyalty points')
ORDER BY posted_at DESC
LIMIT 100
