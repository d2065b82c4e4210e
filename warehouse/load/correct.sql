-- Keeps the corrections in the temporary table `asked` (row, mention, sentiment, note) of the mentions that `matched`
-- (row, mention_id) gives them; runs inside one transaction, after withdraw.sql. Reads the variable `corrected_at`.

INSERT INTO corrections
SELECT m.mention_id, m.source, m.native_id, a.sentiment, getvariable('corrected_at'), a.note, m.text_hash
FROM matched AS x
JOIN asked AS a ON a.row = x.row
JOIN mentions AS m ON m.mention_id = x.mention_id;
