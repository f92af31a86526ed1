ALTER TABLE "payments" ADD COLUMN "reversal_settled_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "payments_unsettled_reversals_idx" ON "payments" USING btree ("user_id") WHERE "payments"."reversal_settled_at" is null and ("payments"."status" = 'REFUNDED' or "payments"."dispute_status" = 'lost');--> statement-breakpoint
-- What was taken back before this release knew of it ends nobody's access now.
UPDATE "payments" SET "reversal_settled_at" = "updated_at" WHERE "status" = 'REFUNDED' OR "dispute_status" = 'lost';
