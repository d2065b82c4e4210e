-- What the numbers mean, written once: views, questions, alerts and anybody's own SQL use these macros. First by its
-- name, because views that come after it call them. Intervals hold the true value in 95 of 100 cases (z = 1.96).

CREATE OR REPLACE MACRO share(part, whole) AS part / nullif(whole, 0);
COMMENT ON MACRO share IS 'part / whole, 0 to 1; NULL of nothing. Share of voice is share(mentions of a brand, mentions of all brands).';

CREATE OR REPLACE MACRO net_sentiment(positive, negative, read) AS (positive - negative) / nullif(read, 0);
COMMENT ON MACRO net_sentiment IS 'Net sentiment: (positive - negative) / mentions with a sentiment, -1 to 1; NULL when none has one.';

CREATE OR REPLACE MACRO stars_of(rating, rating_max) AS 5 * rating / nullif(rating_max, 0);
COMMENT ON MACRO stars_of IS 'A rating on a scale of 0 to 5.';

-- Who liked or answered it has seen it, so these are a lower bound where the source tells no reach.
CREATE OR REPLACE MACRO engagement(likes, replies) AS coalesce(likes, 0) + coalesce(replies, 0);
COMMENT ON MACRO engagement IS 'Likes and answers together; 0 where the source shows neither.';

CREATE OR REPLACE MACRO heard_by(reach, likes, replies) AS
greatest(coalesce(reach, 0), coalesce(likes, 0) + coalesce(replies, 0));
COMMENT ON MACRO heard_by IS 'Reach: how many people can have seen it where the source says so, and never fewer than liked or answered it.';

CREATE OR REPLACE MACRO is_answered(reply_text, replied_at) AS reply_text IS NOT NULL OR replied_at IS NOT NULL;
COMMENT ON MACRO is_answered IS 'True: the source shows an answer of the brand.';

-- A review that was edited after the answer carries the later date, and says nothing about how long an answer took.
CREATE OR REPLACE MACRO response_hours(posted_at, replied_at) AS
CASE WHEN replied_at >= posted_at THEN date_diff('second', posted_at, replied_at) / 3600 END;
COMMENT ON MACRO response_hours IS 'Response time: hours from a mention to the answer of the brand; NULL without one, or where the mention was edited later.';

-- Wilson's score interval: right for few items and for shares near 0 and 1, where mean and standard error are not.
CREATE OR REPLACE MACRO wilson_low(k, n) AS
CASE
    WHEN n > 0 AND k <= 0 THEN 0
    WHEN n > 0 THEN (k + 1.9207294 - 1.9599640 * sqrt(greatest(0, k * (n - k) / n) + 0.9603647)) / (n + 3.8414588)
END;
COMMENT ON MACRO wilson_low IS 'Lower end of the 95 % interval of the share k of n.';

CREATE OR REPLACE MACRO wilson_high(k, n) AS
CASE
    WHEN n > 0 AND k >= n THEN 1
    WHEN n > 0 THEN (k + 1.9207294 + 1.9599640 * sqrt(greatest(0, k * (n - k) / n) + 0.9603647)) / (n + 3.8414588)
END;
COMMENT ON MACRO wilson_high IS 'Upper end of the 95 % interval of the share k of n.';

-- Bonett and Price 2012: one mention more on either side, so that three of three positive are not 100 % for sure.
CREATE OR REPLACE MACRO net_error(positive, negative, read) AS
1.9599640 * sqrt(
    greatest(0, (positive + negative + 2) / (read + 2) - ((positive - negative) / (read + 2)) ** 2) / (read + 2)
);
COMMENT ON MACRO net_error IS 'Half the width of the 95 % interval of net sentiment, which stands around (positive - negative) / (read + 2).';

CREATE OR REPLACE MACRO net_low(positive, negative, read) AS
CASE WHEN read > 0 THEN greatest(-1, (positive - negative) / (read + 2) - net_error(positive, negative, read)) END;
COMMENT ON MACRO net_low IS 'Lower end of the 95 % interval of net sentiment.';

CREATE OR REPLACE MACRO net_high(positive, negative, read) AS
CASE WHEN read > 0 THEN least(1, (positive - negative) / (read + 2) + net_error(positive, negative, read)) END;
COMMENT ON MACRO net_high IS 'Upper end of the 95 % interval of net sentiment.';

-- Student's t for 95 % from n values: exact for 2 and 3, then the series of Abramowitz and Stegun 26.7.5, off by 0.004 at most.
CREATE OR REPLACE MACRO t95(n) AS
CASE
    WHEN n < 2 THEN NULL
    WHEN n = 2 THEN 12.7062
    WHEN n = 3 THEN 4.30265
    ELSE 1.9599640 + 2.37227 / (n - 1) + 2.82250 / (n - 1) ** 2 + 2.55585 / (n - 1) ** 3 + 1.58953 / (n - 1) ** 4
END;
COMMENT ON MACRO t95 IS 'How many standard errors the 95 % interval of a mean of n values reaches to either side.';

-- Stars are whole, so a variance below that of rounding, 1/12, is not believed: five times 5 stars are not 5.0 for sure.
CREATE OR REPLACE MACRO stars_error(ratings, total, squares) AS
t95(ratings) * sqrt(greatest(squares / nullif(ratings, 0) - (total / nullif(ratings, 0)) ** 2, 0.08333) / nullif(ratings - 1, 0));
COMMENT ON MACRO stars_error IS 'Half the width of the 95 % interval of a mean of stars, from their number, sum and sum of squares; NULL of one.';

CREATE OR REPLACE MACRO stars_low(ratings, total, squares) AS
CASE WHEN ratings > 0 THEN greatest(0, total / ratings - stars_error(ratings, total, squares)) END;
COMMENT ON MACRO stars_low IS 'Lower end of the 95 % interval of a mean of stars; 0 of a single rating, which says nothing about the next.';

CREATE OR REPLACE MACRO stars_high(ratings, total, squares) AS
CASE WHEN ratings > 0 THEN least(5, total / ratings + stars_error(ratings, total, squares)) END;
COMMENT ON MACRO stars_high IS 'Upper end of the 95 % interval of a mean of stars; 5 of a single rating.';

-- Zou and Donner 2008 (MOVER): the interval of a difference from the intervals of its two sides.
CREATE OR REPLACE MACRO change_low(now, now_low, before, before_high) AS
(now - before) - sqrt((now - now_low) ** 2 + (before_high - before) ** 2);
COMMENT ON MACRO change_low IS 'Lower end of the 95 % interval of now - before, from the intervals of both.';

CREATE OR REPLACE MACRO change_high(now, now_high, before, before_low) AS
(now - before) + sqrt((now_high - now) ** 2 + (before - before_low) ** 2);
COMMENT ON MACRO change_high IS 'Upper end of the 95 % interval of now - before, from the intervals of both.';

CREATE OR REPLACE MACRO first_before(since, until) AS since - (until - since + 1)::INTEGER;
COMMENT ON MACRO first_before IS 'The first of as many days before since as there are from since to until.';

-- Of two counts, what falls to the later one is a share: the interval of their ratio follows from Wilson's.
CREATE OR REPLACE MACRO growth(now, before, times_longer) AS times_longer * now / nullif(before, 0) - 1;
COMMENT ON MACRO growth IS 'Growth of a count: 0.5 is half as many again. The time before was times_longer as long; NULL when nothing was before.';

-- Half the width of Wilson's interval of now / (now + before), times (now + before + z * z).
CREATE OR REPLACE MACRO growth_reach(now, before) AS 1.9599640 * sqrt(now / nullif(now + before, 0) * before + 0.9603647);
COMMENT ON MACRO growth_reach IS 'How far the interval of a growth reaches, in mentions; growth_low and growth_high use it.';

CREATE OR REPLACE MACRO growth_low(now, before, times_longer) AS
times_longer * greatest(0, now + 1.9207294 - growth_reach(now, before)) / (before + 1.9207294 + growth_reach(now, before)) - 1;
COMMENT ON MACRO growth_low IS 'Lower end of the 95 % interval of growth, if mentions come singly; talk that comes in bursts varies more.';

CREATE OR REPLACE MACRO growth_high(now, before, times_longer) AS
CASE WHEN before > 0 THEN
    times_longer * (now + 1.9207294 + growth_reach(now, before)) / (before + 1.9207294 - growth_reach(now, before)) - 1
END;
COMMENT ON MACRO growth_high IS 'Upper end of the 95 % interval of growth; NULL when nothing was before.';

CREATE OR REPLACE MACRO verdict(low, high) AS
CASE WHEN low > 0 THEN 'up' WHEN high < 0 THEN 'down' WHEN low <= 0 AND high >= 0 THEN 'within chance' END;
COMMENT ON MACRO verdict IS 'What an interval of a change says: up, down or within chance; NULL where there is none.';

-- By order statistics: how far down the sorted list the true quantile can be. NULL where the list is too short to say.
CREATE OR REPLACE MACRO quantile_low(sorted, q) AS
sorted[nullif(greatest(0, floor(len(sorted) * q - 1.9599640 * sqrt(len(sorted) * q * (1 - q)))), 0)::BIGINT];
COMMENT ON MACRO quantile_low IS 'Lower end of the 95 % interval of the quantile q, 0 to 1, of a sorted list.';

CREATE OR REPLACE MACRO quantile_high(sorted, q) AS
sorted[ceil(len(sorted) * q + 1.9599640 * sqrt(len(sorted) * q * (1 - q)))::BIGINT + 1];
COMMENT ON MACRO quantile_high IS 'Upper end of the 95 % interval of the quantile q, 0 to 1, of a sorted list.';

CREATE OR REPLACE MACRO quote_of(title, text) AS
left(trim(regexp_replace(left(concat_ws(' – ', nullif(title, ''), nullif(text, '')), 1000), '\s+', ' ', 'g')), 200);
COMMENT ON MACRO quote_of IS 'The first 200 characters of what was said, on one line.';

-- The loyalty index of question 28, which explains it, from the sums in daily_signal.
CREATE OR REPLACE MACRO loyalty(points, weight) AS 100 * points / nullif(weight, 0);
COMMENT ON MACRO loyalty IS 'Loyalty, -100 to 100: 100 * sum(points) / sum(weight) of daily_signal. Question 28 says what it is made of.';

CREATE OR REPLACE MACRO loyalty_error(n, points, weight, squared_weight, squared_weight_points, squared_weight_squared_points) AS
100 * t95(n + 2) / (weight + 2) * sqrt(
    greatest(
        0,
        squared_weight_squared_points + 2
        - 2 * points / (weight + 2) * squared_weight_points
        + (points / (weight + 2)) ** 2 * (squared_weight + 2)
    )
);
COMMENT ON MACRO loyalty_error IS 'Half the width of the 95 % interval of loyalty of n mentions, which stands around 100 * points / (weight + 2).';
