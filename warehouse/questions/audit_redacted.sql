-- How many mentions have something redacted, by kind.

SELECT kind, mentions
FROM (
    UNPIVOT (
        SELECT
            count(*) FILTER (contains(words, '[email]')) AS email,
            count(*) FILTER (contains(words, '[phone]')) AS phone,
            count(*) FILTER (contains(words, '[card]')) AS card,
            count(*) FILTER (contains(words, '[iban]')) AS iban,
            count(*) FILTER (contains(words, '[ip]')) AS ip
        FROM (SELECT concat_ws(' ', author, title, text, reply_text) AS words FROM mentions)
    )
    ON email, phone, card, iban, ip
    INTO NAME kind VALUE mentions
)
ORDER BY kind;
