CREATE TABLE "trial_redemptions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"stripe_subscription_id" text NOT NULL,
	"email_mark" text,
	"card_mark" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"is_endable" boolean NOT NULL,
	"settled_at" timestamp (3) with time zone,
	"recorded_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "trial_redemptions_stripe_subscription_id_unique" UNIQUE("stripe_subscription_id")
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "card_mark" text;--> statement-breakpoint
ALTER TABLE "trial_redemptions" ADD CONSTRAINT "trial_redemptions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "trial_redemptions_email_mark_idx" ON "trial_redemptions" USING btree ("email_mark");--> statement-breakpoint
CREATE INDEX "trial_redemptions_card_mark_idx" ON "trial_redemptions" USING btree ("card_mark");--> statement-breakpoint
CREATE INDEX "trial_redemptions_unsettled_idx" ON "trial_redemptions" USING btree ("user_id") WHERE "trial_redemptions"."settled_at" is null;