-- Writes the temporary table `doomed`: mentions posted before the day that the temporary table `oldest` (kind, day) gives for
-- their kind.

CREATE OR REPLACE TEMP TABLE doomed AS
SELECT
    m.mention_id,
    m.source,
    m.day,
    m.url,
    trim(regexp_replace(concat_ws(' – ', nullif(m.title, ''), nullif(m.text, '')), '\s+', ' ', 'g')) AS words
FROM mentions AS m
JOIN oldest AS o ON o.kind = m.kind
WHERE m.day < (SELECT max(day) FROM oldest) AND m.day < o.day;

-- What daily_brand and daily_topic say of these days stays as it is.
CREATE OR REPLACE TEMP TABLE brands_before AS
FROM daily_brand WHERE day IN (SELECT day FROM doomed);

CREATE OR REPLACE TEMP TABLE topics_before AS
FROM daily_topic WHERE day IN (SELECT day FROM doomed);
