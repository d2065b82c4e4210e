-- Tables in `main` are the public mart, every column documented; `ops` is the run's own book-keeping and is not
-- published. No keys and no indexes: on DuckDB 1.5 they lose rows after an unclean exit and make an upsert 17 times
-- slower; load/*.sql keeps ids unique and Warehouse.check proves it. Times are TIMESTAMP in UTC, so that a day is
-- the same day whatever time zone the reader's session has.

CREATE TABLE mentions (
    mention_id UBIGINT NOT NULL,
    source VARCHAR NOT NULL,
    feed VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    native_id VARCHAR NOT NULL,
    parent_id VARCHAR,
    url VARCHAR,
    title VARCHAR,
    text VARCHAR NOT NULL,
    author VARCHAR,
    language VARCHAR,
    country VARCHAR,
    posted_at TIMESTAMP NOT NULL,
    posted_at_known BOOLEAN NOT NULL,
    day DATE NOT NULL,
    rating DOUBLE,
    rating_max DOUBLE,
    reading VARCHAR NOT NULL,
    sentiment VARCHAR,
    score DOUBLE,
    confidence DOUBLE,
    emotion VARCHAR,
    model VARCHAR,
    topic_id BIGINT,
    topic VARCHAR,
    story_id UBIGINT NOT NULL,
    reach BIGINT,
    likes BIGINT,
    replies BIGINT,
    reply_text VARCHAR,
    replied_at TIMESTAMP,
    first_seen_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP,
    text_hash UBIGINT NOT NULL,
    item_hash UBIGINT NOT NULL
);
COMMENT ON TABLE mentions IS 'One row for each post, comment, review or article, as its source shows it now, with what the model read in it.';
COMMENT ON COLUMN mentions.mention_id IS 'Unique and stable: 64 bits of BLAKE2b over source and native_id.';
COMMENT ON COLUMN mentions.source IS 'The kind of place it came from, such as appstore or hackernews.';
COMMENT ON COLUMN mentions.feed IS 'The configured feed that brought it first.';
COMMENT ON COLUMN mentions.kind IS 'review, forum, social, news or own.';
COMMENT ON COLUMN mentions.native_id IS 'The id that the source gives it.';
COMMENT ON COLUMN mentions.parent_id IS 'native_id of what it answers; NULL for a first post.';
COMMENT ON COLUMN mentions.url IS 'Link to the original; NULL where there is none.';
COMMENT ON COLUMN mentions.title IS 'Headline, as plain text; NULL where the source has none.';
COMMENT ON COLUMN mentions.text IS 'What was said, as plain text. Empty for a rating without words.';
COMMENT ON COLUMN mentions.author IS 'Name or handle as the source shows it.';
COMMENT ON COLUMN mentions.language IS 'ISO 639-1 code: recognised from the text, else as the source says; NULL when neither is sure.';
COMMENT ON COLUMN mentions.country IS 'ISO 3166-1 alpha-2 code that the source gives, such as the store of a review.';
COMMENT ON COLUMN mentions.posted_at IS 'When it was published, in UTC.';
COMMENT ON COLUMN mentions.posted_at_known IS 'False: the source gives no date and posted_at is when it was collected.';
COMMENT ON COLUMN mentions.day IS 'The UTC day of posted_at.';
COMMENT ON COLUMN mentions.rating IS 'The rating that was given, on the scale of its source, 0 to rating_max.';
COMMENT ON COLUMN mentions.rating_max IS 'The best rating on that scale.';
COMMENT ON COLUMN mentions.reading IS 'read: the model read it; unsupported: it is in a language the model does not know; empty: no words; unread: not yet.';
COMMENT ON COLUMN mentions.sentiment IS 'negative, neutral or positive; NULL unless reading is read.';
COMMENT ON COLUMN mentions.score IS 'Probability of positive minus probability of negative, -1 to 1; NULL unless reading is read.';
COMMENT ON COLUMN mentions.confidence IS 'Probability of the sentiment given, 0.33 to 1; NULL unless reading is read.';
COMMENT ON COLUMN mentions.emotion IS 'anger, joy, optimism, sadness or none; NULL unless reading is read.';
COMMENT ON COLUMN mentions.model IS 'Name and revision of the model that read it.';
COMMENT ON COLUMN mentions.topic_id IS 'The topic it is nearest to; NULL when it is near none. Ids keep their meaning for ever.';
COMMENT ON COLUMN mentions.topic IS 'The name of that topic.';
COMMENT ON COLUMN mentions.story_id IS 'Copies of one text share it, so count(DISTINCT story_id) counts a syndicated story once.';
COMMENT ON COLUMN mentions.reach IS 'How many people can have seen it, where the source says so.';
COMMENT ON COLUMN mentions.likes IS 'Likes, points or helpful votes, when last seen.';
COMMENT ON COLUMN mentions.replies IS 'Number of answers, when last seen.';
COMMENT ON COLUMN mentions.reply_text IS 'The answer of the brand, where the source shows one.';
COMMENT ON COLUMN mentions.replied_at IS 'When the brand answered, in UTC.';
COMMENT ON COLUMN mentions.first_seen_at IS 'When it was first collected, in UTC.';
COMMENT ON COLUMN mentions.changed_at IS 'When a change at its source was last collected, in UTC; NULL when it never changed.';
COMMENT ON COLUMN mentions.text_hash IS 'Changes when title or text change.';
COMMENT ON COLUMN mentions.item_hash IS 'Changes when anything that the source says of it changes.';

CREATE TABLE brands (brand VARCHAR NOT NULL, competitor BOOLEAN NOT NULL, query VARCHAR);
COMMENT ON TABLE brands IS 'The brands that are listened for.';
COMMENT ON COLUMN brands.brand IS 'Name of the brand.';
COMMENT ON COLUMN brands.competitor IS 'False for the brands that are ours.';
COMMENT ON COLUMN brands.query IS 'What a mention must say to count; NULL for a brand that has only feeds of its own.';

CREATE TABLE brand_mentions (mention_id UBIGINT NOT NULL, brand VARCHAR NOT NULL, day DATE NOT NULL);
COMMENT ON TABLE brand_mentions IS 'One row for each mention and each brand it speaks of.';
COMMENT ON COLUMN brand_mentions.mention_id IS 'mentions.mention_id';
COMMENT ON COLUMN brand_mentions.brand IS 'brands.brand';
COMMENT ON COLUMN brand_mentions.day IS 'mentions.day, here so that a join on both columns reads the days asked for only.';

CREATE TABLE topics (topic_id BIGINT NOT NULL, topic VARCHAR NOT NULL, words VARCHAR[] NOT NULL, found_at TIMESTAMP NOT NULL);
COMMENT ON TABLE topics IS 'What people talk about, found in the texts. A topic never changes its meaning; new ones are added.';
COMMENT ON COLUMN topics.topic_id IS 'Unique and permanent.';
COMMENT ON COLUMN topics.topic IS 'Its name: the three words that set it apart most.';
COMMENT ON COLUMN topics.words IS 'The ten words that set it apart, the strongest first.';
COMMENT ON COLUMN topics.found_at IS 'When it was first found, in UTC.';

CREATE TABLE daily_brand (
    day DATE NOT NULL,
    brand VARCHAR,
    source VARCHAR NOT NULL,
    language VARCHAR,
    country VARCHAR,
    mentions BIGINT NOT NULL,
    read BIGINT NOT NULL,
    negative BIGINT NOT NULL,
    neutral BIGINT NOT NULL,
    positive BIGINT NOT NULL,
    score_sum DOUBLE NOT NULL,
    ratings BIGINT NOT NULL,
    stars_sum DOUBLE NOT NULL,
    stars_squared_sum DOUBLE NOT NULL,
    low_ratings BIGINT NOT NULL,
    reach BIGINT NOT NULL
);
COMMENT ON TABLE daily_brand IS 'Counts and sums by day, brand, source, language and country. Divide sums by counts after adding up: sum(score_sum) / sum(read).';
COMMENT ON COLUMN daily_brand.day IS 'UTC day.';
COMMENT ON COLUMN daily_brand.brand IS 'brands.brand; NULL gathers the mentions that speak of no brand. A mention of two brands counts in both.';
COMMENT ON COLUMN daily_brand.source IS 'mentions.source';
COMMENT ON COLUMN daily_brand.language IS 'mentions.language';
COMMENT ON COLUMN daily_brand.country IS 'mentions.country';
COMMENT ON COLUMN daily_brand.mentions IS 'Number of mentions.';
COMMENT ON COLUMN daily_brand.read IS 'Of these, how many have a sentiment. Shares of sentiment are of this number.';
COMMENT ON COLUMN daily_brand.negative IS 'Mentions read as negative.';
COMMENT ON COLUMN daily_brand.neutral IS 'Mentions read as neutral.';
COMMENT ON COLUMN daily_brand.positive IS 'Mentions read as positive.';
COMMENT ON COLUMN daily_brand.score_sum IS 'Sum of mentions.score.';
COMMENT ON COLUMN daily_brand.ratings IS 'Mentions with a rating.';
COMMENT ON COLUMN daily_brand.stars_sum IS 'Sum of the ratings, each brought to a scale of 0 to 5.';
COMMENT ON COLUMN daily_brand.stars_squared_sum IS 'Sum of their squares, for the spread.';
COMMENT ON COLUMN daily_brand.low_ratings IS 'Ratings of at most 2 of 5 stars.';
COMMENT ON COLUMN daily_brand.reach IS 'Sum of reach where it is known.';

CREATE TABLE daily_topic (
    day DATE NOT NULL,
    brand VARCHAR,
    topic_id BIGINT NOT NULL,
    topic VARCHAR NOT NULL,
    mentions BIGINT NOT NULL,
    negative BIGINT NOT NULL,
    neutral BIGINT NOT NULL,
    positive BIGINT NOT NULL,
    score_sum DOUBLE NOT NULL
);
COMMENT ON TABLE daily_topic IS 'Counts and sums by day, brand and topic.';
COMMENT ON COLUMN daily_topic.day IS 'UTC day.';
COMMENT ON COLUMN daily_topic.brand IS 'brands.brand; NULL gathers the mentions that speak of no brand.';
COMMENT ON COLUMN daily_topic.topic_id IS 'topics.topic_id';
COMMENT ON COLUMN daily_topic.topic IS 'topics.topic';
COMMENT ON COLUMN daily_topic.mentions IS 'Number of mentions.';
COMMENT ON COLUMN daily_topic.negative IS 'Mentions read as negative.';
COMMENT ON COLUMN daily_topic.neutral IS 'Mentions read as neutral.';
COMMENT ON COLUMN daily_topic.positive IS 'Mentions read as positive.';
COMMENT ON COLUMN daily_topic.score_sum IS 'Sum of mentions.score.';

CREATE TABLE freshness (
    feed VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    last_success_at TIMESTAMP,
    last_new_at TIMESTAMP,
    last_posted_at TIMESTAMP,
    mentions BIGINT NOT NULL,
    mentions_7d BIGINT NOT NULL,
    usual_7d DOUBLE,
    longest_pause_days BIGINT,
    rejects BIGINT NOT NULL,
    requests BIGINT,
    bytes BIGINT,
    checked_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE freshness IS 'How each feed is: when it last answered, what it brings, and whether its silence can be believed.';
COMMENT ON COLUMN freshness.feed IS 'Name of the feed.';
COMMENT ON COLUMN freshness.source IS 'mentions.source';
COMMENT ON COLUMN freshness.status IS 'ok; suspect: it answers but should not be believed; failing: its last run ended in an error; new: never run.';
COMMENT ON COLUMN freshness.reason IS 'Why it is suspect or failing, and what to do.';
COMMENT ON COLUMN freshness.last_success_at IS 'When it last answered without an error, in UTC.';
COMMENT ON COLUMN freshness.last_new_at IS 'When it last brought something new, in UTC.';
COMMENT ON COLUMN freshness.last_posted_at IS 'When the newest thing it brought was published, in UTC.';
COMMENT ON COLUMN freshness.mentions IS 'Mentions it brought first.';
COMMENT ON COLUMN freshness.mentions_7d IS 'Of these, published in the 7 days before the last check.';
COMMENT ON COLUMN freshness.usual_7d IS 'Its mean per 7 days over the 8 weeks before those.';
COMMENT ON COLUMN freshness.longest_pause_days IS 'Its longest run of days without a mention in the 60 days before its newest one.';
COMMENT ON COLUMN freshness.rejects IS 'Items that could not be read, kept in the rejects folder.';
COMMENT ON COLUMN freshness.requests IS 'Requests sent in its last run.';
COMMENT ON COLUMN freshness.bytes IS 'Bytes received in its last run.';
COMMENT ON COLUMN freshness.checked_at IS 'When this row was written, in UTC.';

CREATE TABLE alerts (
    key VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    brand VARCHAR,
    title VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    topics VARCHAR[] NOT NULL,
    quotes STRUCT(text VARCHAR, url VARCHAR, source VARCHAR)[] NOT NULL,
    raised_at TIMESTAMP NOT NULL,
    delivered_at TIMESTAMP,
    attempts INTEGER NOT NULL,
    last_error VARCHAR
);
COMMENT ON TABLE alerts IS 'What a person was told, or will be told as soon as Slack answers.';
COMMENT ON COLUMN alerts.key IS 'What it is about; one key is told once in the quiet time of its rule.';
COMMENT ON COLUMN alerts.rule IS 'Name of the rule that raised it.';
COMMENT ON COLUMN alerts.severity IS 'high, medium or low.';
COMMENT ON COLUMN alerts.brand IS 'brands.brand; NULL when it is about a feed.';
COMMENT ON COLUMN alerts.title IS 'What happened, in a line.';
COMMENT ON COLUMN alerts.reason IS 'The numbers behind it.';
COMMENT ON COLUMN alerts.topics IS 'The topics that contributed most, the largest first.';
COMMENT ON COLUMN alerts.quotes IS 'Up to three mentions that show it.';
COMMENT ON COLUMN alerts.raised_at IS 'When the rule raised it, in UTC.';
COMMENT ON COLUMN alerts.delivered_at IS 'When it was delivered, in UTC; NULL while it waits. The mart shows a delivery from the run after it on.';
COMMENT ON COLUMN alerts.attempts IS 'How often delivery was tried.';
COMMENT ON COLUMN alerts.last_error IS 'Why the last attempt failed.';

CREATE TABLE about (name VARCHAR NOT NULL, value VARCHAR NOT NULL);
COMMENT ON TABLE about IS 'What this file is: mart_version, schema_version, published_at and run_id.';
COMMENT ON COLUMN about.name IS 'What the value is.';
COMMENT ON COLUMN about.value IS 'The value.';

-- Where each feed goes on.
CREATE TABLE ops.feeds (feed VARCHAR, source VARCHAR, options_hash VARCHAR, cursor VARCHAR, updated_at TIMESTAMP);
-- A feed that brought something another feed had brought first: it counts for this feed's brand too.
CREATE TABLE ops.also_seen (mention_id UBIGINT, feed VARCHAR);
-- Items that could not be read.
CREATE TABLE ops.rejects (feed VARCHAR, place VARCHAR, reason VARCHAR, raw VARCHAR, seen_at TIMESTAMP);
-- Mentions and days whose brands and roll-ups are to be computed again; a kill between two steps loses no mark.
CREATE TABLE ops.touched (mention_id UBIGINT, day DATE);
-- What each brand's rows in brand_mentions were computed from.
CREATE TABLE ops.applied_brands (brand VARCHAR, signature VARCHAR);
CREATE TABLE ops.centroids (topic_id BIGINT, centroid FLOAT[384]);
-- Embeddings of mentions that no topic is near to, from which new topics are found.
CREATE TABLE ops.unplaced (mention_id UBIGINT, posted_at TIMESTAMP, embedding FLOAT[384]);
CREATE TABLE ops.runs (run_id VARCHAR, started_at TIMESTAMP, ended_at TIMESTAMP, state VARCHAR, message VARCHAR);
CREATE TABLE ops.feed_runs (
    run_id VARCHAR, feed VARCHAR, started_at TIMESTAMP, seconds DOUBLE, status VARCHAR, message VARCHAR,
    pages BIGINT, seen BIGINT, new BIGINT, changed BIGINT, rejects BIGINT, requests BIGINT, bytes BIGINT
);
