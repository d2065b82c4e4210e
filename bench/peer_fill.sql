-- Lays mentions of the load bench straight into the records table of obsei 1.1.1, as its own code writes them:
-- bench/peer_load.py asks its Store for some, and they must not count as changed. Reads the view `corpus`.

INSERT INTO store.records
WITH named AS (
    SELECT
        *,
        'rec_' || left(sha256('forum' || chr(31) || 'bench' || chr(31) || native_id), 32) AS id,
        'psn_' || md5(author) AS pseudonym,
        sha256(text) AS content_hash,
        strftime(posted_at, '%xT%XZ') AS moment
    FROM corpus
)

SELECT
    id,
    'forum',
    'bench',
    timezone('UTC', posted_at),
    content_hash,
    pseudonym,
    'feedback-analytics',
    json_object(
        'id', id,
        'source', json_object('type', 'forum', 'instance', 'bench', 'native_id', native_id, 'url', url),
        'text', text,
        'created_at', moment,
        'fetched_at', moment,
        'author', json_object('pseudonym', pseudonym, 'locale', NULL),
        'rating', rating,
        'lang', 'en',
        'context', json_object(),
        'enrichments', json_object(),
        'content_hash', content_hash,
        'purpose', 'feedback-analytics',
        'schema_version', '0.1'
    ),
    timezone('UTC', posted_at),
    timezone('UTC', posted_at)
FROM named
ORDER BY number;
