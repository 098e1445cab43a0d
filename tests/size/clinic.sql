-- A clinic and its sensors: another domain, made after the estimator was done, and not looked at while writing it.
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
SELECT setseed(0.7);
CREATE TABLE patients (
  patient_no int PRIMARY KEY, family_name text NOT NULL, given_name varchar(40), insurance_no varchar(12), ward char(4), born date,
  died date, allergies text[], file jsonb, contact text, insurer bigint, height_cm smallint, blood char(3), updated timestamp
);
INSERT INTO patients
SELECT n, (ARRAY['Berger','Ito','Okafor','Smith','Nguyen','García','Müller','Li'])[1 + (random() ^ 2 * 7.9)::int % 8] || CASE WHEN random() < 0.6 THEN '-' || chr(65 + (random() * 25)::int) || substr(md5(random()::text), 1, (random() * 6)::int) ELSE '' END,
       initcap(substr(md5((random() * 900)::int::text), 1, 4 + (random() * 4)::int)), chr(65 + n % 26) || (100000000 + n * 7919 % 899999999),
       'W' || (random() ^ 2 * 30)::int, '1920-01-01'::date + (36500 * (1 - random() ^ 2))::int, CASE WHEN random() < 0.12 THEN '2010-01-01'::date + (random() * 5000)::int END,
       CASE WHEN random() < 0.4 THEN (SELECT array_agg('substance-' || (random() ^ 4 * 150)::int) FROM generate_series(1, 1 + n % 3)) END,
       jsonb_build_object('kin', md5(n::text), 'room', n % 200, 'diet', (ARRAY['none', 'vegan', 'low salt'])[1 + n % 3], 'visits', jsonb_build_array(n % 12, n % 31, n % 7)),
       CASE WHEN random() < 0.8 THEN substr(md5(n::text), 1, 6 + (random() * 10)::int) || '@' || (ARRAY['post', 'web', 'provider'])[1 + n % 3] || '.example' END,
       (random() ^ 2 * 45)::bigint, 150 + (random() * 50)::int, (ARRAY['A+', 'A-', 'B+', 'B-', 'AB+', '0+', '0-'])[1 + n % 7], '2024-01-01'::timestamp + random() * interval '300 days'
  FROM generate_series(1, 80000) n;
CREATE TABLE sensors (sensor_id uuid, model text, mac macaddr, address inet, installed timestamptz, room int, PRIMARY KEY (sensor_id));
INSERT INTO sensors SELECT md5('s' || n)::uuid, 'model-' || n % 37 || repeat('x', n % 9), ('08:00:2b:01:' || to_hex(16 + n / 250 % 200) || ':' || to_hex(n % 240 + 16))::macaddr,
       ('fd00::' || to_hex(n))::inet, '2021-05-05'::timestamptz + random() * interval '900 days', n % 420 FROM generate_series(1, 20000) n;
CREATE TABLE readings (
  reading_id bigserial PRIMARY KEY, sensor_id uuid, patient_no int, measured timestamptz, kind text, value numeric, raw float8, flags int,
  comment text, batch varchar(30), cents bigint, quality smallint, reviewed boolean, reviewer int, window_at tsrange, labels text[], doc tsvector, lat_long point
);
INSERT INTO readings (sensor_id, patient_no, measured, kind, value, raw, flags, comment, batch, cents, quality, reviewed, reviewer, window_at, labels, doc, lat_long)
SELECT md5('s' || (random() ^ 2 * 20000)::int)::uuid, CASE WHEN random() < 0.75 THEN (80000 * random() ^ 1.5)::int END, '2024-03-01'::timestamptz + n * interval '7 seconds' + random() * interval '10 minutes',
       (ARRAY['pulse', 'temperature', 'blood pressure', 'oxygen', 'weight'])[1 + (random() ^ 3 * 4.99)::int % 5],
       round((exp(random() * 8))::numeric, (random() * 3)::int), random() * 1000, (random() * 31)::int & 21,
       CASE WHEN random() < 0.1 THEN (ARRAY['ok', 'please check again', 'sensor was loose, repeated after ten minutes'])[1 + n % 3] || CASE WHEN random() < 0.5 THEN ' (' || n || ')' ELSE '' END END,
       'batch/' || to_char('2024-03-01'::date + n / 9000, 'YYYY-MM-DD') || '/' || n % 6, (random() ^ 6 * 1e7)::bigint, (random() ^ 2 * 9)::int, random() < 0.97,
       CASE WHEN random() < 0.3 THEN (random() * 25)::int END, tsrange('2024-03-01'::timestamp + n * interval '7 seconds', '2024-03-01'::timestamp + n * interval '7 seconds' + random() * interval '1 hour'),
       (SELECT array_agg('l' || (random() ^ 2 * 5000)::int) FROM generate_series(1, n % 6)),
       to_tsvector('simple', 'seen by ' || (random() * 25)::int || ' on device m' || (random() ^ 2 * 9000)::int || ' result r' || (random() ^ 4 * 700)::int || ' ' || substr(md5(n::text), 1, 2)), point(random(), random() ^ 3)
  FROM generate_series(1, 300000) n;
CREATE TABLE stays (stay_id int, ward text, began date NOT NULL, ended date, patient_no int) PARTITION BY LIST (ward);
CREATE TABLE stays_a PARTITION OF stays FOR VALUES IN ('surgery', 'intensive');
CREATE TABLE stays_b PARTITION OF stays DEFAULT;
INSERT INTO stays SELECT n, (ARRAY['surgery', 'intensive', 'children', 'heart', 'eyes'])[1 + (random() ^ 1.5 * 4.9)::int % 5], '2015-01-01'::date + n / 40, CASE WHEN n < 88000 THEN '2015-01-05'::date + n / 40 + (random() * 20)::int END, (random() * 80000)::int FROM generate_series(1, 90000) n;
VACUUM ANALYZE;
