CREATE OR REPLACE VIEW stories AS
WITH counts AS (
    SELECT
        story_id,
        max(posted_at) AS last_at,
        count(*) AS mentions,
        count(*) FILTER (copy) AS copies,
        count(DISTINCT source) AS sources,
        count(DISTINCT author) AS authors,
        sum(reach)::BIGINT AS reach,
        max(flag) AS flag
    FROM mentions
    WHERE copy IS NOT NULL
    GROUP BY story_id
)

SELECT
    c.story_id,
    f.title,
    left(f.text, 280) AS quote,
    f.feed,
    f.source,
    f.url,
    f.author,
    f.sentiment,
    f.posted_at AS first_at,
    c.last_at,
    c.mentions,
    c.copies,
    c.sources,
    c.authors,
    c.reach,
    c.flag
FROM counts AS c
JOIN mentions AS f ON f.story_id = c.story_id AND NOT f.copy;

COMMENT ON VIEW stories IS 'What was said, each text once, with who said it first and how far it went. WHERE copies > 0 leaves the texts that more than one mention has.';
COMMENT ON COLUMN stories.story_id IS 'mentions.story_id';
COMMENT ON COLUMN stories.title IS 'Title of the first mention; copies can have others.';
COMMENT ON COLUMN stories.quote IS 'The first 280 characters of its text.';
COMMENT ON COLUMN stories.feed IS 'The feed that brought the first mention.';
COMMENT ON COLUMN stories.source IS 'mentions.source of the first mention.';
COMMENT ON COLUMN stories.url IS 'Link to the first mention; NULL where there is none.';
COMMENT ON COLUMN stories.author IS 'Author of the first mention: of an article, the outlet or the person that its source names.';
COMMENT ON COLUMN stories.sentiment IS 'Sentiment of the first mention; NULL where it has none.';
COMMENT ON COLUMN stories.first_at IS 'When the first mention was published, in UTC.';
COMMENT ON COLUMN stories.last_at IS 'When the last one was, in UTC.';
COMMENT ON COLUMN stories.mentions IS 'Number of mentions, the first and its copies: sum(mentions) counts copies, count(*) does not.';
COMMENT ON COLUMN stories.copies IS 'Number of copies: mentions - 1.';
COMMENT ON COLUMN stories.sources IS 'Number of different sources.';
COMMENT ON COLUMN stories.authors IS 'Number of different authors; NULL authors are not counted.';
COMMENT ON COLUMN stories.reach IS 'Reach of all its mentions together where it is known; people who saw two are in it twice.';
COMMENT ON COLUMN stories.flag IS 'template or spam where a mention of it is flagged so, see mentions.flag; template where both are.';
