ALTER TABLE "checkout_sessions" ADD COLUMN "currency" text;--> statement-breakpoint
ALTER TABLE "checkout_sessions" ADD COLUMN "trial_days" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "checkout_sessions" ADD COLUMN "is_tax_automatic" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "former_stripe_customer_ids" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
CREATE INDEX "users_former_stripe_customer_ids_idx" ON "users" USING gin ("former_stripe_customer_ids");