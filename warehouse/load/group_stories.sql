-- Puts mentions into stories; runs inside one transaction.
-- Reads the temporary tables `new_signed` (mention_id, text_hash, text_key), `new_signatures` (text_key, shingles, low,
-- high) and `new_bands` (text_key, bucket), as nlp/duplicates.py makes them, and the macros of story_words.sql. What
-- is gone from `mentions` leaves its story.
-- Every text is compared with one other in each of its buckets, the one with the smallest key, which leads it: ten
-- thousand copies are ten thousand comparisons, and who came first changes nothing in who is with whom.

CREATE OR REPLACE TEMP TABLE fresh AS
SELECT n.mention_id, n.text_key
FROM new_signed AS n
JOIN mentions AS m ON m.mention_id = n.mention_id AND m.text_hash = n.text_hash;

CREATE OR REPLACE TEMP TABLE left_behind AS
SELECT mention_id, text_key, copies_of
FROM ops.signed
WHERE mention_id IN (SELECT mention_id FROM fresh) OR mention_id NOT IN (SELECT mention_id FROM mentions);

DELETE FROM ops.signed WHERE mention_id IN (SELECT mention_id FROM left_behind);

INSERT INTO ops.signed
SELECT mention_id, text_key, NULL FROM fresh;

CREATE OR REPLACE TEMP TABLE lost_texts AS
SELECT DISTINCT text_key FROM left_behind
WHERE text_key NOT IN (SELECT text_key FROM ops.signed);

CREATE OR REPLACE TEMP TABLE new_texts AS
SELECT DISTINCT ON (text_key) *
FROM new_signatures
WHERE text_key IN (SELECT text_key FROM fresh) AND text_key NOT IN (SELECT text_key FROM ops.signatures);

CREATE OR REPLACE TEMP TABLE new_places AS
SELECT DISTINCT text_key, bucket
FROM new_bands
WHERE text_key IN (SELECT text_key FROM new_texts);

CREATE OR REPLACE TEMP TABLE touched_buckets AS
SELECT bucket FROM new_places
UNION
SELECT bucket FROM ops.bands WHERE text_key IN (SELECT text_key FROM lost_texts);

CREATE OR REPLACE TEMP TABLE leaders_before AS
SELECT bucket, min(text_key) AS leader
FROM ops.bands
WHERE bucket IN (SELECT bucket FROM touched_buckets)
GROUP BY bucket;

DELETE FROM ops.signatures WHERE text_key IN (SELECT text_key FROM lost_texts);
DELETE FROM ops.bands WHERE text_key IN (SELECT text_key FROM lost_texts);

INSERT INTO ops.signatures
SELECT text_key, shingles, low, high FROM new_texts;

INSERT INTO ops.bands
SELECT text_key, bucket FROM new_places ORDER BY text_key;

CREATE OR REPLACE TEMP TABLE leaders AS
SELECT b.bucket, min(b.text_key) AS leader, min(b.text_key) IS DISTINCT FROM any_value(o.leader) AS is_new
FROM ops.bands AS b
LEFT JOIN leaders_before AS o ON o.bucket = b.bucket
WHERE b.bucket IN (SELECT bucket FROM touched_buckets)
GROUP BY b.bucket;

-- What a bucket says ends with its leader, and with either text.
CREATE OR REPLACE TEMP TABLE parted AS
SELECT c.bucket, c.text_key, c.leader
FROM ops.near_copies AS c
LEFT JOIN leaders AS l ON l.bucket = c.bucket
WHERE
    c.bucket IN (SELECT bucket FROM touched_buckets)
    AND (l.leader IS DISTINCT FROM c.leader OR c.text_key IN (SELECT text_key FROM lost_texts));

DELETE FROM ops.near_copies
WHERE (bucket, text_key) IN (SELECT (bucket, text_key) FROM parted);

CREATE OR REPLACE TEMP TABLE candidates AS
SELECT b.bucket, b.text_key, l.leader
FROM leaders AS l
JOIN ops.bands AS b ON b.bucket = l.bucket AND b.text_key <> l.leader
WHERE l.is_new OR b.text_key IN (SELECT text_key FROM new_texts);

CREATE OR REPLACE TEMP TABLE compared AS
WITH estimates AS (
    SELECT
        a.text_key,
        b.text_key AS leader,
        least(a.shingles, b.shingles) AS fewer_shingles,
        greatest(a.shingles, b.shingles) AS more_shingles,
        -- Two texts whose firsts differ still agree on both bits one time in four.
        1 - bit_count(xor(a.low::BIT, b.low::BIT) | xor(a.high::BIT, b.high::BIT)) / bit_length(a.low::BIT) / 0.75 AS similarity
    FROM (SELECT DISTINCT text_key, leader FROM candidates) AS c
    JOIN ops.signatures AS a ON a.text_key = c.text_key
    JOIN ops.signatures AS b ON b.text_key = c.leader
)

SELECT text_key, leader, are_copies(similarity, fewer_shingles, more_shingles) AS are_copies
FROM estimates;

CREATE OR REPLACE TEMP TABLE joined AS
SELECT c.bucket, c.text_key, c.leader
FROM candidates AS c
JOIN compared AS p ON p.text_key = c.text_key AND p.leader = c.leader
WHERE p.are_copies;

INSERT INTO ops.near_copies FROM joined;

-- The texts of all stories that something was done to.
CREATE OR REPLACE TEMP TABLE stirred AS
WITH named AS (
    SELECT text_key FROM fresh
    UNION
    SELECT text_key FROM left_behind
    UNION
    SELECT unnest([text_key, leader]) FROM parted
    UNION
    SELECT unnest([text_key, leader]) FROM joined
),

stories AS (
    SELECT copies_of FROM left_behind
    UNION
    SELECT copies_of FROM ops.signed WHERE text_key IN (SELECT text_key FROM named)
)

SELECT DISTINCT text_key
FROM ops.signed
WHERE copies_of IN (SELECT copies_of FROM stories) OR text_key IN (SELECT text_key FROM fresh);

-- Texts that are copies of one text are copies of one another.
CREATE OR REPLACE TEMP TABLE grouped AS
WITH RECURSIVE
ties AS (
    SELECT DISTINCT text_key, leader
    FROM ops.near_copies
    WHERE text_key IN (SELECT text_key FROM stirred)
),

neighbours AS (
    SELECT text_key, leader AS other FROM ties
    UNION ALL
    SELECT leader, text_key FROM ties
),

reached (text_key, copies_of) USING KEY (text_key) AS (
    SELECT text_key, least(text_key, min(other))
    FROM neighbours
    GROUP BY text_key
    UNION
    SELECT n.text_key, min(r.copies_of)
    FROM reached AS r
    JOIN neighbours AS n ON n.other = r.text_key
    JOIN recurring.reached AS known ON known.text_key = n.text_key
    WHERE r.copies_of < known.copies_of
    GROUP BY n.text_key
)

SELECT s.text_key, coalesce(r.copies_of, s.text_key) AS copies_of
FROM stirred AS s
LEFT JOIN reached AS r ON r.text_key = s.text_key;

UPDATE ops.signed
SET copies_of = g.copies_of
FROM grouped AS g
WHERE signed.text_key = g.text_key AND signed.copies_of IS DISTINCT FROM g.copies_of;

CREATE OR REPLACE TEMP TABLE members AS
SELECT
    s.copies_of,
    m.mention_id,
    m.posted_at,
    m.first_seen_at,
    IF(is_nobody(m.author), NULL, m.author) AS author,
    m.kind <> 'news' AND NOT is_repost(m.text) AS is_own_word,
    m.kind <> 'news' AND is_advert(m.title, m.text) AS is_advert
FROM ops.signed AS s
JOIN mentions AS m ON m.mention_id = s.mention_id
WHERE s.text_key IN (SELECT text_key FROM stirred);

-- An agency's article in fifty papers and a post that is passed on are copies, and nobody's template.
CREATE OR REPLACE TEMP TABLE templates AS
WITH people AS (
    SELECT copies_of, author, min(posted_at) AS posted_at
    FROM members
    WHERE is_own_word AND author IS NOT NULL
    GROUP BY copies_of, author
),

rushes AS (
    SELECT
        copies_of,
        count(*) OVER (
            PARTITION BY copies_of ORDER BY posted_at RANGE BETWEEN INTERVAL 3 DAYS PRECEDING AND CURRENT ROW
        ) AS authors
    FROM people
)

SELECT DISTINCT copies_of FROM rushes WHERE authors >= 5;

CREATE OR REPLACE TEMP TABLE told AS
SELECT
    mention_id,
    first_value(mention_id) OVER (PARTITION BY copies_of ORDER BY first_seen_at, mention_id) AS story_id,
    row_number() OVER (PARTITION BY copies_of ORDER BY posted_at, mention_id) > 1 AS copy,
    CASE
        WHEN is_advert THEN 'spam'
        WHEN is_own_word AND count(author) OVER (PARTITION BY copies_of, author, is_own_word) >= 5 THEN 'spam'
        WHEN is_own_word AND copies_of IN (SELECT copies_of FROM templates) THEN 'template'
    END AS flag
FROM members;

-- Days on which another number of stories begins are rolled up again.
INSERT INTO ops.touched
SELECT m.mention_id, m.day
FROM mentions AS m
JOIN told AS t ON t.mention_id = m.mention_id
WHERE coalesce(m.copy, FALSE) <> coalesce(t.copy, FALSE);

UPDATE mentions
SET story_id = t.story_id, copy = t.copy, flag = t.flag
FROM told AS t
WHERE
    mentions.mention_id = t.mention_id
    AND ROW(mentions.story_id, mentions.copy, mentions.flag) IS DISTINCT FROM ROW(t.story_id, t.copy, t.flag);
