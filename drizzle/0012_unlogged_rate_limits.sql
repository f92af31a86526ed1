-- What it holds is worth nothing after a crash, and not a write to disk before one. Half of each page stays free, so
-- that a row is changed where it is.
ALTER TABLE "rate_limit_buckets" SET UNLOGGED;--> statement-breakpoint
ALTER TABLE "rate_limit_buckets" SET (fillfactor = 50);
