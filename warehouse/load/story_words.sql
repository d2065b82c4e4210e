-- What the grouping of stories asks of a mention, as macros of the connection.

-- Names under which many people write.
CREATE OR REPLACE TEMP MACRO is_nobody(author) AS
author IS NULL
OR regexp_matches(
    lower(trim(author)),
    '^((an? )?(anonym\w*|unknown|nobody|none|null|n/?a|guest|user|customer|client|reviewer|member|shopper)|\[?deleted\]?'
    || '|(an? )?(google|amazon|apple|app store|steam|trustpilot|yelp|kindle|verified)( verified)? (user|customer|buyer|purchaser|reviewer|guest)'
    || '|\W*)$'
);

-- A post that is passed on as somebody else's.
CREATE OR REPLACE TEMP MACRO is_repost(words) AS regexp_matches(words, '(?i)^\s*(rt|via)\b[\s:]*@');

-- A text without a word but links; or one that both sells and says where to go for it.
CREATE OR REPLACE TEMP MACRO is_advert(title, words) AS
(
    coalesce(title, '') = ''
    AND regexp_full_match(words, '(?is)[\s\pP\pS]*(?:(?:https?://|www\.)\S+[\s\pP\pS]*)+')
)
OR (
    regexp_matches(words, '(?i)https?://|www\.|\bt\.me/|\bwa\.me/|whatsapp|telegram|link in (my )?bio|\bdm me\b|\+\d[\d ()-]{7,}')
    AND regexp_matches(
        words,
        '(?i)\b(promo|discount|coupon|referral|invite) code\b|\buse my (code|link)\b|\b(buy|get|gain) (cheap |real |more )*(followers|likes|views|subscribers|reviews)\b'
        || '|\b(earn|make) (up to )?[$€£]\s?\d[\d.,]*k? (a|per|every|each|daily|weekly)\b|\bguaranteed (profits?|returns?|income)\b|\bdouble your (money|bitcoin|crypto|investment)\b'
        || '|\bwork from home\b.*[$€£]\s?\d|\bclick (here|the link|this link) (to|and|now|for)\b|\b(crypto|forex|bitcoin) (investment|trading|signals?|mentor)\b'
        || '|\b(seo|backlinks?) (services?|packages?|for sale)\b|\bwrite (to|for) (a )?fake reviews?\b|\bonline casino\b|\bfree spins\b|\breplica watches\b'
    )
);

-- `similarity` is of the sets of shingles, 0 to 1 and known to 0.04: of 25 words, two may be others. A shorter text of
-- some 35 words or more that is wholly in the longer one is a copy too: cut short, or given a foot.
CREATE OR REPLACE TEMP MACRO are_copies(similarity, fewer, more) AS
similarity >= 0.74
OR (fewer >= 70 AND similarity >= 0.15 AND similarity / (1 + similarity) * (fewer + more) > 0.95 * fewer);
