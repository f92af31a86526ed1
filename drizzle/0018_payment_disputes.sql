ALTER TABLE "payments" ADD COLUMN "stripe_dispute_id" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "dispute_status" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "disputed_amount" bigint;