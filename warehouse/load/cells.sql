-- How values stand in a file that somebody opens in a spreadsheet. The variable `formula` holds the characters with which
-- a spreadsheet begins a formula: a text that starts so gets a ' before it, and is shown and not run.

CREATE OR REPLACE TEMP MACRO harmless(told) AS
CASE WHEN told <> '' AND contains(getvariable('formula'), left(told, 1)) THEN '''' || told ELSE told END;

CREATE OR REPLACE TEMP MACRO listed(items) AS
array_to_string(list_transform(items, lambda item: item::VARCHAR), ', ');
