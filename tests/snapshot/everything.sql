-- One of everything that a catalog can hold on every version from 13; catalog.rs says what is to be read of it.
CREATE SCHEMA "Quoted S";
CREATE SCHEMA other;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION btree_gist SCHEMA other;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN short AS varchar(10) CHECK (length(VALUE) > 0);
CREATE DOMAIN shorter AS short;
CREATE COLLATION german (provider = icu, locale = 'de');

CREATE TABLE customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  code varchar(20) COLLATE "C",
  born date,
  mood mood DEFAULT 'ok',
  nick shorter,
  tags text[],
  amount numeric(10, 2) CHECK (amount >= 0),
  double_amount numeric GENERATED ALWAYS AS (amount * 2) STORED,
  german text COLLATE german,
  gone int,
  UNIQUE (code) DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE customer DROP COLUMN gone;
ALTER TABLE customer ALTER COLUMN name SET STATISTICS 500;
ALTER TABLE customer SET (fillfactor = 80);
INSERT INTO customer (name, code, born, tags, amount)
  SELECT 'secret name ' || n % 50, 'c' || n, date '1970-01-01' + n, ARRAY['a'], n FROM generate_series(1, 1000) n;

CREATE TABLE orders (
  id serial PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
  note text
);
ALTER TABLE orders ADD CONSTRAINT orders_again FOREIGN KEY (customer_id) REFERENCES customer NOT VALID;
INSERT INTO orders (customer_id, note) SELECT n, 'note' FROM generate_series(1, 500) n;
INSERT INTO orders (customer_id, note) VALUES (1, 'twice');

CREATE INDEX customer_lower_name ON customer (lower(name) text_pattern_ops DESC, born NULLS FIRST) INCLUDE (amount, code)
  WHERE amount > 5 AND name IS NOT NULL;
CREATE INDEX customer_german ON customer (name COLLATE german);
CREATE INDEX customer_tags ON customer USING gin (tags);
CREATE UNIQUE INDEX customer_born_id ON customer (born DESC NULLS LAST, id);
ALTER TABLE customer CLUSTER ON customer_born_id;
CREATE STATISTICS customer_both (ndistinct, dependencies) ON name, code FROM customer;

CREATE TABLE room (id int, during tsrange, EXCLUDE USING gist (id WITH =, during WITH &&));

CREATE SEQUENCE bare AS smallint INCREMENT -1 MINVALUE -100 MAXVALUE 10 START 5 CYCLE;
CREATE SEQUENCE untouched;
CREATE TABLE fed (a smallint DEFAULT nextval('bare'), b int DEFAULT nextval('bare'));
INSERT INTO fed DEFAULT VALUES;

CREATE TABLE event (id bigint, at date NOT NULL, kind text NOT NULL, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (kind);
CREATE TABLE event_2024_a PARTITION OF event_2024 FOR VALUES IN ('a');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE INDEX event_kind ON event (kind);
INSERT INTO event SELECT n, date '2024-01-01' + n % 300, 'a' FROM generate_series(1, 300) n;

CREATE TABLE parent (a int);
CREATE TABLE child (b int) INHERITS (parent);

CREATE UNLOGGED TABLE fast (a int);
CREATE TABLE fully (a int);
ALTER TABLE fully REPLICA IDENTITY FULL;
CREATE TABLE keyed (a int NOT NULL);
CREATE UNIQUE INDEX keyed_a ON keyed (a);
ALTER TABLE keyed REPLICA IDENTITY USING INDEX keyed_a;
CREATE PUBLICATION two_tables FOR TABLE orders, event;

CREATE TABLE guarded (a int);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
INSERT INTO guarded SELECT generate_series(1, 10);

CREATE TABLE "Quoted S"."Quoted T" ("Quoted ""C""" int, "select" int);
CREATE TABLE "select" ("from" int);
CREATE INDEX "Quoted I" ON "Quoted S"."Quoted T" ("Quoted ""C""", "select");
CREATE TABLE t23456789012345678901234567890123456789012345678901234567890123 (a int);
CREATE TABLE "📦" ("größe" int);

CREATE VIEW plain AS SELECT id, name FROM customer;
CREATE VIEW upon AS SELECT p.id AS "The Id", o.note FROM plain p JOIN orders o ON o.customer_id = p.id;
CREATE MATERIALIZED VIEW counted AS SELECT customer_id, count(*) AS orders FROM orders GROUP BY 1;
CREATE UNIQUE INDEX counted_customer ON counted (customer_id);

CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid');
CREATE FOREIGN TABLE far_away (a int) SERVER far;

CREATE TABLE never_analyzed (a int);
ANALYZE customer, orders, event, guarded, counted;
