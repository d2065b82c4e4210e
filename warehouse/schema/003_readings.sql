-- Readings that say more, readings that can be replaced at once, and people's corrections of them.

ALTER TABLE mentions ADD COLUMN mixed BOOLEAN;
ALTER TABLE mentions ADD COLUMN signals VARCHAR[];
ALTER TABLE mentions ADD COLUMN corrected BOOLEAN DEFAULT FALSE;
COMMENT ON COLUMN mentions.reading IS 'read: a model read it; unsupported: it is in a language that no model here knows; empty: no words; unread: not yet.';
COMMENT ON COLUMN mentions.sentiment IS 'negative, neutral or positive: what a person says where corrected is true, else the model''s; NULL where neither says any.';
COMMENT ON COLUMN mentions.score IS 'Probability of positive minus probability of negative, -1 to 1; -1, 0 or 1 where corrected; NULL without a sentiment.';
COMMENT ON COLUMN mentions.confidence IS 'Probability of the sentiment given, 0.33 to 1; 1 where corrected; NULL without a sentiment.';
COMMENT ON COLUMN mentions.emotion IS 'anger, fear, joy, love, optimism, sadness, surprise or none; NULL where the model that read it tells no emotions.';
COMMENT ON COLUMN mentions.mixed IS 'True: one of its sentences is surely positive and another surely negative; NULL where it is not known.';
COMMENT ON COLUMN mentions.signals IS 'What its writer wants or does: complaint, question, praise, request, bug, leaving, buying; several may hold, or none. NULL where it is not known.';
COMMENT ON COLUMN mentions.corrected IS 'True: a person set the sentiment, see corrections.';
COMMENT ON COLUMN mentions.model IS 'Name, revision and first digits of the sha256 of the model that gave the sentiment; NULL where none did.';

CREATE TABLE aspects (
    mention_id UBIGINT NOT NULL,
    day DATE NOT NULL,
    aspect VARCHAR NOT NULL,
    term VARCHAR NOT NULL,
    quote VARCHAR NOT NULL,
    sentiment VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    confidence DOUBLE NOT NULL
);
COMMENT ON TABLE aspects IS 'What a mention says of single things: one row for each term in it that names one, so that "great coffee, rude staff" is two.';
COMMENT ON COLUMN aspects.mention_id IS 'mentions.mention_id';
COMMENT ON COLUMN aspects.day IS 'mentions.day, here so that a join on both columns reads the days asked for only.';
COMMENT ON COLUMN aspects.aspect IS 'What it is about, such as price, delivery or staff.';
COMMENT ON COLUMN aspects.term IS 'The word for it in the mention, as it was written.';
COMMENT ON COLUMN aspects.quote IS 'The sentence that the word stands in.';
COMMENT ON COLUMN aspects.sentiment IS 'negative, neutral or positive, of this aspect alone.';
COMMENT ON COLUMN aspects.score IS 'Probability of positive minus probability of negative, -1 to 1.';
COMMENT ON COLUMN aspects.confidence IS 'Probability of the sentiment given, 0.33 to 1.';

CREATE TABLE corrections (
    mention_id UBIGINT NOT NULL,
    source VARCHAR NOT NULL,
    native_id VARCHAR NOT NULL,
    sentiment VARCHAR NOT NULL,
    corrected_at TIMESTAMP NOT NULL,
    note VARCHAR,
    text_hash UBIGINT NOT NULL
);
COMMENT ON TABLE corrections IS 'The sentiments that people set. Kept for ever, also when the mention goes and comes back; one that was made of another text of the mention is kept and not shown.';
COMMENT ON COLUMN corrections.mention_id IS 'mentions.mention_id';
COMMENT ON COLUMN corrections.source IS 'mentions.source';
COMMENT ON COLUMN corrections.native_id IS 'mentions.native_id';
COMMENT ON COLUMN corrections.sentiment IS 'negative, neutral or positive, as a person says.';
COMMENT ON COLUMN corrections.corrected_at IS 'When the person said so, in UTC.';
COMMENT ON COLUMN corrections.note IS 'Why, in the person''s words.';
COMMENT ON COLUMN corrections.text_hash IS 'mentions.text_hash of the text that the person read.';

-- What the model says of the mentions whose correction is shown, so that a correction can be taken back.
CREATE TABLE ops.overruled (mention_id UBIGINT, sentiment VARCHAR, score DOUBLE, confidence DOUBLE);

-- New readings of old mentions, beside the ones that are shown until all are there. `reader` names the models and
-- aspects that read them; `newest_topic` is the largest topic_id that was known then.
CREATE TABLE ops.rereadings (
    reader VARCHAR, mention_id UBIGINT, text_hash UBIGINT, language VARCHAR, reading VARCHAR, sentiment VARCHAR,
    score DOUBLE, confidence DOUBLE, mixed BOOLEAN, emotion VARCHAR, signals VARCHAR[], model VARCHAR,
    topic_id BIGINT, topic VARCHAR, newest_topic BIGINT
);
CREATE TABLE ops.reread_aspects (
    reader VARCHAR, mention_id UBIGINT, text_hash UBIGINT, aspect VARCHAR, term VARCHAR, quote VARCHAR, sentiment VARCHAR,
    score DOUBLE, confidence DOUBLE
);
