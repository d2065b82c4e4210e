-- Keeps new readings beside the ones that are shown; runs inside one transaction. What another reader had begun is
-- dropped. Reads the temporary tables `readings` and `read_aspects` and the variables `reader` and `newest_topic`.

DELETE FROM ops.rereadings WHERE reader <> getvariable('reader');
DELETE FROM ops.reread_aspects WHERE reader <> getvariable('reader');

INSERT INTO ops.rereadings BY NAME
SELECT *, getvariable('reader') AS reader, getvariable('newest_topic') AS newest_topic FROM readings;

INSERT INTO ops.reread_aspects BY NAME
SELECT *, getvariable('reader') AS reader FROM read_aspects;
