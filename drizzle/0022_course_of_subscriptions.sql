ALTER TABLE "subscriptions" ADD COLUMN "pause_ends_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "is_pausable" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "cancellation_reason" text;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "cancellation_comment" text;--> statement-breakpoint
CREATE INDEX "subscriptions_pause_ends_at_idx" ON "subscriptions" USING btree ("pause_ends_at") WHERE "subscriptions"."pause_ends_at" is not null;