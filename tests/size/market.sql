-- A market: skew, NULLs, correlated columns, every usual type. The estimator was written while looking at it.
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
SELECT setseed(0.42);
CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent', 'returned', 'closed');
CREATE TABLE customers (
  id bigint, email varchar(120), name text, country char(2), key uuid, created_at timestamptz, phone text,
  tags text[], attributes jsonb, score float8, balance numeric(12, 2), active boolean, parent_id bigint, born date
);
INSERT INTO customers
SELECT n, 'user' || n || '@' || (ARRAY['example.org', 'mail.example.com', 'x.io'])[1 + n % 3],
       initcap(substr(md5(n::text), 1, 3 + (random() * 7)::int)) || ' ' || initcap(substr(md5((n * 7)::text), 1, 4 + (random() * 8)::int)),
       (ARRAY['DE', 'FR', 'US', 'GB', 'NL', 'AT', 'CH', 'IT'])[1 + (random() ^ 2 * 7.99)::int % 8], md5(n::text)::uuid,
       '2020-01-01'::timestamptz + n * interval '13 minutes' + random() * interval '1 day',
       CASE WHEN random() < 0.7 THEN '+49' || (random() * 1e9)::bigint END,
       (SELECT array_agg('tag' || (random() ^ 3 * 400)::int) FROM generate_series(1, 1 + n % 5)),
       jsonb_build_object('plan', (ARRAY['free', 'pro', 'team'])[1 + n % 3], 'seats', n % 40, 'source', 's' || n % 17),
       random() * 100, round((random() * 5000)::numeric, 2), random() < 0.9,
       CASE WHEN random() < 0.2 THEN (random() * 60000)::bigint END, '1950-01-01'::date + (random() * 20000)::int
  FROM generate_series(1, 60000) n;
CREATE TABLE orders (
  id bigint, customer_id bigint NOT NULL, state order_state, status text, placed_at timestamptz, total numeric, region int,
  city text, note text, ref uuid, deleted_at timestamptz, words tsvector, takes interval, ip inet, day date, quantity smallint,
  weight real, code char(8), items int[], body text, span tstzrange, place point, payload jsonb
);
INSERT INTO orders
SELECT n, (random() ^ 3 * 60000)::bigint, (ARRAY['new', 'paid', 'sent', 'returned', 'closed'])[1 + (random() ^ 4 * 4.99)::int % 5]::order_state,
       (ARRAY['done', 'open', 'failed', 'waiting'])[1 + (random() ^ 5 * 3.99)::int % 4],
       '2023-01-01'::timestamptz + n * interval '3 minutes', round((random() ^ 2 * 900)::numeric, 2), r, 'city ' || r * 10 + n % 10,
       repeat('note ', (random() * 6)::int) || n, md5((n * 3)::text)::uuid, CASE WHEN random() < 0.05 THEN now() - random() * interval '90 days' END,
       to_tsvector('simple', 'w' || (random() ^ 3 * 2000)::int || ' x' || (random() ^ 2 * 500)::int || ' common y' || n % 50),
       random() * interval '10 hours', ('10.' || n % 4 || '.' || n % 250 || '.' || (random() * 250)::int)::inet, '2023-01-01'::date + n / 480,
       (random() * 20)::int, random() * 50, substr(md5((n % 5000)::text), 1, 6),
       (SELECT array_agg((random() ^ 2 * 3000)::int) FROM generate_series(1, 1 + n % 4)),
       md5(n::text) || ' ' || md5((n * 5)::text), tstzrange('2023-01-01'::timestamptz + n * interval '3 minutes', '2023-01-03'::timestamptz + n * interval '3 minutes'),
       point(random() * 90, random() * 90), jsonb_build_object('sku', 'k' || (random() * 9000)::int, 'price', n % 300, 'tags', jsonb_build_array('a' || n % 11, 'b' || n % 23))
  FROM (SELECT n, (random() * 40)::int AS r FROM generate_series(1, 250000) n) numbered;
CREATE TABLE visits (id bigint, at timestamptz NOT NULL, user_id int, path text, took_ms int) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO visits SELECT n, '2024-01-01'::timestamptz + n * interval '30 seconds', (random() * 3000)::int,
       '/shop/' || (random() ^ 2 * 900)::int || '/view', (random() ^ 4 * 5000)::int FROM generate_series(1, 150000) n;
CREATE TABLE ledger (id bigint PRIMARY KEY, account text, at timestamptz, UNIQUE (account, id));
INSERT INTO ledger SELECT n, 'account-' || (random() * 20000)::int, '2024-01-01'::timestamptz + n * interval '1 second' FROM generate_series(1, 120000) n;
CREATE TABLE tokens (token uuid PRIMARY KEY, user_id int);
INSERT INTO tokens SELECT md5(random()::text)::uuid, n % 900 FROM generate_series(1, 120000) n;
CREATE STATISTICS orders_places (ndistinct) ON region, city FROM orders;
VACUUM ANALYZE;
