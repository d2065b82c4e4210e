-- The mentions of the load bench, numbered from 0: number, native_id, text, author, rating, url and posted_at, the
-- later the number, the newer. Reads the variable `size`. The texts are ASCII in one case with single spaces, so that
-- SQL can compute the peer's content hash of them; they have 9 to 66 words, 33 on average, and end in their number, so no two agree.

WITH numbered AS (
    SELECT range AS number FROM range(getvariable('size')::BIGINT)
)

SELECT
    number,
    'item-' || number AS native_id,
    array_to_string(
        [
            [
                'the flat white this morning was the best i have had in months',
                'harbor coffee put its prices up again and nobody told the staff',
                'waited almost half an hour at the station branch for one latte',
                'the app logs me out every time i try to pay with my card',
                'my colleague swears by the beans from bluebird roasters',
                'honestly the cold brew subscription is worth every cent',
                'they forgot the oat milk twice in a row last week',
                'the new shop on canal row is bright and quiet to work in',
                'refund took three weeks and four messages to support',
                'does anyone know whether the loyalty points still expire',
                'the barista remembered my order which made my day',
                'portions have become smaller while the price stays',
                'delivery came two hours late and the cup had leaked',
                'i would go back for the cinnamon bun alone',
                'the update broke the map and i cannot find a shop any more',
                'friendly people but the music is far too loud',
                'compared with nine lives the crema is thin and sour'
            ][1 + (hash(number, slot) % 17)::BIGINT]
            FOR slot IN range(1 + number % 5)
        ],
        '. '
    ) || '. ' || number AS text,
    'author ' || (number * 7919) % 200_000 AS author,
    IF(number % 3 = 0, 1 + (number // 3) % 5, NULL)::DOUBLE AS rating,
    'https://forum.example/items/' || number AS url,
    TIMESTAMP '2023-11-01' + to_seconds(number * 90) AS posted_at
FROM numbered
