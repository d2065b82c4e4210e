-- The newest mentions of a mart in the shape that bench/peer.yaml maps; reads the variable `cap`.

SELECT
    source || ':' || native_id AS id,
    concat_ws('. ', title, nullif(text, '')) AS text,
    strftime(posted_at, '%xT%XZ') AS created_at,
    author,
    rating,
    language AS lang
FROM mentions
WHERE coalesce(title, text) <> ''
ORDER BY posted_at DESC, id
LIMIT getvariable('cap')::BIGINT
