-- title: Feed {feed} is {status}
-- reason: {reason}. The newest thing it brought is from {last_posted}.
-- severity: medium
-- quiet: 7 days

SELECT
    feed AS key,
    NULL AS brand,
    feed,
    status,
    rtrim(coalesce(reason, 'It does not say why; see the log of its last run'), '. ') AS reason,
    coalesce(strftime(last_posted_at, '%Y-%m-%d'), 'never: it has brought nothing yet') AS last_posted
FROM freshness
WHERE status IN ('suspect', 'failing')
ORDER BY status, feed;
