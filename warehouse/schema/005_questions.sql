-- Roll-ups that the questions are asked of, so that an answer costs the same however many mentions a day has.

CREATE TABLE hourly_brand (
    day DATE NOT NULL,
    hour INTEGER NOT NULL,
    brand VARCHAR,
    mentions BIGINT NOT NULL,
    read BIGINT NOT NULL,
    negative BIGINT NOT NULL,
    positive BIGINT NOT NULL
);
COMMENT ON TABLE hourly_brand IS 'Counts by hour and brand, of the mentions whose time is known.';
COMMENT ON COLUMN hourly_brand.day IS 'UTC day.';
COMMENT ON COLUMN hourly_brand.hour IS 'Hour of that day in UTC, 0 to 23.';
COMMENT ON COLUMN hourly_brand.brand IS 'brands.brand; NULL gathers the mentions that speak of no brand.';
COMMENT ON COLUMN hourly_brand.mentions IS 'Mentions with posted_at_known.';
COMMENT ON COLUMN hourly_brand.read IS 'Of these, how many have a sentiment.';
COMMENT ON COLUMN hourly_brand.negative IS 'Mentions read as negative.';
COMMENT ON COLUMN hourly_brand.positive IS 'Mentions read as positive.';

CREATE TABLE daily_feed (
    day DATE NOT NULL,
    brand VARCHAR,
    feed VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    country VARCHAR,
    mentions BIGINT NOT NULL,
    stories BIGINT NOT NULL,
    reach BIGINT NOT NULL,
    ratings BIGINT NOT NULL,
    stars_sum DOUBLE NOT NULL,
    stars_squared_sum DOUBLE NOT NULL,
    low_ratings BIGINT NOT NULL
);
COMMENT ON TABLE daily_feed IS 'Counts and sums by day, brand, feed, kind and country. A feed of an app store is an app.';
COMMENT ON COLUMN daily_feed.day IS 'UTC day.';
COMMENT ON COLUMN daily_feed.brand IS 'brands.brand; NULL gathers the mentions that speak of no brand.';
COMMENT ON COLUMN daily_feed.feed IS 'mentions.feed';
COMMENT ON COLUMN daily_feed.source IS 'mentions.source';
COMMENT ON COLUMN daily_feed.kind IS 'mentions.kind';
COMMENT ON COLUMN daily_feed.country IS 'mentions.country';
COMMENT ON COLUMN daily_feed.mentions IS 'Number of mentions, copies too.';
COMMENT ON COLUMN daily_feed.stories IS 'Number of mentions without copies: a story counts on the day it was posted first.';
COMMENT ON COLUMN daily_feed.reach IS 'Sum of reach where it is known.';
COMMENT ON COLUMN daily_feed.ratings IS 'Mentions with a rating.';
COMMENT ON COLUMN daily_feed.stars_sum IS 'Sum of the ratings, each brought to a scale of 0 to 5.';
COMMENT ON COLUMN daily_feed.stars_squared_sum IS 'Sum of their squares, for the spread.';
COMMENT ON COLUMN daily_feed.low_ratings IS 'Ratings of at most 2 of 5 stars.';

CREATE TABLE daily_aspect (
    day DATE NOT NULL,
    brand VARCHAR,
    aspect VARCHAR NOT NULL,
    mentions BIGINT NOT NULL,
    negative BIGINT NOT NULL,
    neutral BIGINT NOT NULL,
    positive BIGINT NOT NULL
);
COMMENT ON TABLE daily_aspect IS 'Counts by day, brand and aspect. A mention counts once for an aspect, as what most of its terms for it are.';
COMMENT ON COLUMN daily_aspect.day IS 'UTC day.';
COMMENT ON COLUMN daily_aspect.brand IS 'brands.brand; NULL gathers the mentions that speak of no brand.';
COMMENT ON COLUMN daily_aspect.aspect IS 'aspects.aspect';
COMMENT ON COLUMN daily_aspect.mentions IS 'Mentions that speak of it.';
COMMENT ON COLUMN daily_aspect.negative IS 'Of these, how many speak ill of it: more negative terms than positive ones.';
COMMENT ON COLUMN daily_aspect.neutral IS 'How many do neither.';
COMMENT ON COLUMN daily_aspect.positive IS 'How many speak well of it.';

CREATE TABLE daily_signal (
    day DATE NOT NULL,
    brand VARCHAR,
    mentions BIGINT NOT NULL,
    complaint BIGINT NOT NULL,
    question BIGINT NOT NULL,
    praise BIGINT NOT NULL,
    request BIGINT NOT NULL,
    bug BIGINT NOT NULL,
    leaving BIGINT NOT NULL,
    buying BIGINT NOT NULL,
    advocacy BIGINT NOT NULL,
    weight DOUBLE NOT NULL,
    points DOUBLE NOT NULL,
    squared_weight DOUBLE NOT NULL,
    squared_weight_points DOUBLE NOT NULL,
    squared_weight_squared_points DOUBLE NOT NULL
);
COMMENT ON TABLE daily_signal IS 'How many mentions say what by day and brand, and the sums of the loyalty index (question 28 explains it).';
COMMENT ON COLUMN daily_signal.day IS 'UTC day.';
COMMENT ON COLUMN daily_signal.brand IS 'brands.brand; NULL gathers the mentions that speak of no brand.';
COMMENT ON COLUMN daily_signal.mentions IS 'Mentions whose signals are known. Shares of signals are of this number; a mention can have several.';
COMMENT ON COLUMN daily_signal.complaint IS 'Mentions with the signal complaint.';
COMMENT ON COLUMN daily_signal.question IS 'Mentions with the signal question.';
COMMENT ON COLUMN daily_signal.praise IS 'Mentions with the signal praise.';
COMMENT ON COLUMN daily_signal.request IS 'Mentions with the signal request.';
COMMENT ON COLUMN daily_signal.bug IS 'Mentions with the signal bug.';
COMMENT ON COLUMN daily_signal.leaving IS 'Mentions with the signal leaving.';
COMMENT ON COLUMN daily_signal.buying IS 'Mentions with the signal buying.';
COMMENT ON COLUMN daily_signal.advocacy IS 'Praise that others liked or answered, and no leaving.';
COMMENT ON COLUMN daily_signal.weight IS 'Sum of the weights w = 1 + ln(1 + likes + replies) of these mentions.';
COMMENT ON COLUMN daily_signal.points IS 'Sum of w * x, where x is -1 for leaving, else 1 for advocacy, else 0.5 for praise, else 0.';
COMMENT ON COLUMN daily_signal.squared_weight IS 'Sum of w * w.';
COMMENT ON COLUMN daily_signal.squared_weight_points IS 'Sum of w * w * x.';
COMMENT ON COLUMN daily_signal.squared_weight_squared_points IS 'Sum of w * w * x * x.';

CREATE TABLE daily_word (
    day DATE NOT NULL,
    brand VARCHAR NOT NULL,
    word VARCHAR NOT NULL,
    mentions BIGINT NOT NULL,
    looked_at BIGINT NOT NULL
);
COMMENT ON TABLE daily_word IS 'How many mentions of a brand say a word on a day. Up to 200 mentions of each day and brand are looked at, drawn by mention_id; a word is kept if 2 % of them say it.';
COMMENT ON COLUMN daily_word.day IS 'UTC day.';
COMMENT ON COLUMN daily_word.brand IS 'brands.brand';
COMMENT ON COLUMN daily_word.word IS 'In small letters, 3 to 40 characters between spaces and punctuation, and no number; #hashtags and @names keep their sign, links are left out.';
COMMENT ON COLUMN daily_word.mentions IS 'Mentions that say it, of those looked at.';
COMMENT ON COLUMN daily_word.looked_at IS 'Mentions looked at on that day: the share of a word is sum(mentions) / sum(looked_at) over all days, also those without it.';

CREATE TABLE brand_pairs (day DATE NOT NULL, brand VARCHAR NOT NULL, other VARCHAR NOT NULL, mention_id UBIGINT NOT NULL);
COMMENT ON TABLE brand_pairs IS 'One row for each mention of several brands, each of them and each other one: both orders are there.';
COMMENT ON COLUMN brand_pairs.day IS 'mentions.day, here so that a join on both columns reads the days asked for only.';
COMMENT ON COLUMN brand_pairs.brand IS 'brands.brand';
COMMENT ON COLUMN brand_pairs.other IS 'Another brand that the mention speaks of.';
COMMENT ON COLUMN brand_pairs.mention_id IS 'mentions.mention_id';

CREATE TABLE signal_mentions (day DATE NOT NULL, brand VARCHAR, signal VARCHAR NOT NULL, mention_id UBIGINT NOT NULL);
COMMENT ON TABLE signal_mentions IS 'One row for each mention, brand and signal, of the signals that somebody acts on: request, leaving and buying.';
COMMENT ON COLUMN signal_mentions.day IS 'mentions.day, here so that a join on both columns reads the days asked for only.';
COMMENT ON COLUMN signal_mentions.brand IS 'brands.brand; NULL where the mention speaks of no brand.';
COMMENT ON COLUMN signal_mentions.signal IS 'request, leaving or buying, one of mentions.signals.';
COMMENT ON COLUMN signal_mentions.mention_id IS 'mentions.mention_id';

-- What daily_word was computed from: words change with the texts and the brands, not with every reading.
CREATE TABLE ops.worded (day DATE, texts UBIGINT);

-- A file that has mentions gets these roll-ups when its next run settles.
INSERT INTO ops.touched SELECT DISTINCT NULL::UBIGINT, day FROM mentions;
