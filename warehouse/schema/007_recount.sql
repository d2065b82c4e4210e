-- Days that were rolled up since the last mart: before the next one they are counted again, see load/recount.sql.
CREATE TABLE ops.rolled (day DATE);
