-- What a planner elsewhere needs of a schema; planner.rs says what is to be read of it. For every version from 13.
-- Between lines of dashes stand parts that are transactions of their own.
CREATE SCHEMA "Other S";
CREATE EXTENSION citext;
CREATE EXTENSION hstore SCHEMA "Other S";
CREATE COLLATION "Other S".german (provider = icu, locale = 'de');
CREATE TYPE "Other S".mood AS ENUM ('low', 'high');
----
ALTER TYPE "Other S".mood ADD VALUE 'middle' BEFORE 'high';
----
CREATE DOMAIN code AS varchar(20) COLLATE "C" NOT NULL CHECK (VALUE <> '');
CREATE TYPE point2 AS (x int, label text COLLATE "C");
CREATE TYPE text_range AS RANGE (subtype = text, collation = "C");

CREATE FUNCTION inner_part(a text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 AS $$ SELECT lower(a) $$;
CREATE FUNCTION folded(a text, b int DEFAULT 3) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = public
  AS $$ BEGIN RETURN inner_part(a); END $$;
CREATE FUNCTION "Called By" (a int) RETURNS SETOF int LANGUAGE sql STABLE ROWS 50 AS 'SELECT generate_series(1, a)';
CREATE FUNCTION nobody_calls(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;

CREATE TABLE item (
  id bigint PRIMARY KEY,
  gone int,
  name text,
  code code,
  short varchar(30),
  mood "Other S".mood,
  email citext,
  tags text[],
  words tsvector,
  doc jsonb,
  address inet,
  key uuid,
  fixed char(8),
  german text COLLATE "Other S".german,
  price numeric(10, 2),
  during int4range,
  at timestamptz,
  pairs "Other S".hstore,
  raw bytea,
  spot point2
);
ALTER TABLE item DROP COLUMN gone;
ALTER TABLE item ALTER COLUMN name SET (n_distinct = -0.25);
INSERT INTO item
SELECT n, 'sécret name ' || (n % 300), 'code' || n % 7, 'secret short ' || (n % 200),
       (ARRAY['low', 'high', 'middle'])[1 + n % 3]::"Other S".mood, 'Secret' || n % 40 || '@Example.org',
       ARRAY['secret tag ' || n % 9, 'open'], to_tsvector('simple', 'secretword' || n % 30 || ' common'),
       jsonb_build_object('secret', 'json ' || n % 20), ('10.9.' || n % 5 || '.' || n % 200)::inet,
       md5((n % 400)::text)::uuid, 'secr' || n % 50, 'secret ä ' || n % 60, n % 100 + 0.5,
       int4range(n % 50, n % 50 + 10), '2026-01-01 12:00+00'::timestamptz + n * interval '1 hour',
       "Other S".hstore('k' || n % 9, 'secret'), decode(md5((n % 8)::text), 'hex'), ROW(n % 4, 'secret spot')::point2
  FROM generate_series(1, 2000) n;
INSERT INTO item (id, name, code) SELECT n, 'active', 'code1' FROM generate_series(5001, 5400) n;
CREATE INDEX item_folded ON item (folded(name), price);
CREATE INDEX item_active ON item (at) WHERE name = 'active';
CREATE INDEX item_hstore ON item USING gin (pairs);
CREATE INDEX item_german ON item (name COLLATE "Other S".german, german) INCLUDE (price);
CREATE STATISTICS item_all (ndistinct, dependencies, mcv) ON name, mood, price FROM item;
ALTER STATISTICS item_all SET STATISTICS 77;

CREATE VIEW guarded WITH (security_barrier) AS SELECT id, folded(name) FROM item;
CREATE TABLE parent (a int, b text);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent SELECT n, 'secret p' FROM generate_series(1, 10) n;
INSERT INTO child SELECT n, 'secret c' FROM generate_series(1, 90) n;
----
VACUUM ANALYZE item;
----
ANALYZE parent;
