-- Copies of one text are one story, across days and sources; spam and templates are marked and stay.

ALTER TABLE mentions ADD COLUMN copy BOOLEAN;
ALTER TABLE mentions ADD COLUMN flag VARCHAR;
COMMENT ON COLUMN mentions.story_id IS 'Mentions that say the same, word for word or nearly, share it: the mention_id of the one collected first. Each mention is in one story; most are alone in theirs.';
COMMENT ON COLUMN mentions.copy IS 'True for all mentions of a story but the one posted first: count(*) counts every copy, count(*) FILTER (NOT copy) each story once.';
COMMENT ON COLUMN mentions.flag IS 'template: five or more people posted the same text within three days; spam: one author posted it five times or more, or it is a bare link or an advert; NULL for all others. Flagged mentions count like any other: leave them out with WHERE flag IS NULL.';

-- Which text each mention was last seen to say; `copies_of` is the smallest text_key of its story.
CREATE TABLE ops.signed (mention_id UBIGINT, text_key UBIGINT, copies_of UBIGINT);
-- One row for each different text that is long enough to have near copies; nlp/duplicates.py makes them.
CREATE TABLE ops.signatures (text_key UBIGINT, shingles INTEGER, low BIT, high BIT);
CREATE TABLE ops.bands (text_key UBIGINT, bucket UINTEGER);
-- Texts that are near copies of the text that leads a bucket they are both in.
CREATE TABLE ops.near_copies (bucket UINTEGER, text_key UBIGINT, leader UBIGINT);
