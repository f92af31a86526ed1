ALTER TABLE "subscriptions" ADD COLUMN "mrr" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "mrr_currency" text;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "mrr_due_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "subscriptions_mrr_currency_idx" ON "subscriptions" USING btree ("mrr_currency");--> statement-breakpoint
CREATE INDEX "subscriptions_mrr_due_at_idx" ON "subscriptions" USING btree ("mrr_due_at") WHERE "subscriptions"."mrr_due_at" is not null;--> statement-breakpoint
CREATE INDEX "subscriptions_started_at_idx" ON "subscriptions" USING btree ("started_at" desc nulls last,"id" desc nulls last);--> statement-breakpoint
CREATE INDEX "subscriptions_period_end_idx" ON "subscriptions" USING btree (coalesce("current_period_end", '9999-12-31 23:59:59.999+00'::timestamptz) desc nulls last,"id" desc nulls last);--> statement-breakpoint
CREATE INDEX "subscriptions_mrr_idx" ON "subscriptions" USING btree ("mrr" desc nulls last,"id" desc nulls last);--> statement-breakpoint
CREATE INDEX "users_created_at_idx" ON "users" USING btree ("created_at" desc nulls last,"id" desc nulls last);--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree (coalesce('1' || lower(left("name", 200)), '2' || "id"::text) desc nulls last,"id" desc nulls last);