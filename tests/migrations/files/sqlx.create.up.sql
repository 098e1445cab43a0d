-- no-transaction
-- create index orders_customer_id_idx on public.orders
-- By pgassay 0.1.0 from a report of 2026-11-22T00:00:00Z
-- Why:      missing-index DROP TABLE orders; (v1:0123456789abcdef)
-- Traffic:  1 statement, 12,000 calls, 41 ms each on average, 8 min in all
-- Planner:  cost 5,432 before, 8.1 after (all calls; the server's planner with HypoPG); about 8 min less in the time observed
-- Size:     public.orders 1,000 rows, 55 MB, index about 4.8 MB
-- Locks:    SHARE UPDATE EXCLUSIVE on public.orders: reads and writes go on. Waits for transactions that are open now
-- Recovery: if a run fails here: DROP INDEX CONCURRENTLY IF EXISTS "public"."orders_customer_id_idx"; then run the migrations again
CREATE INDEX CONCURRENTLY "orders_customer_id_idx" ON "public"."orders" USING btree (customer_id);
