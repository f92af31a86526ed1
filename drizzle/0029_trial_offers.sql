CREATE TABLE "trial_offers" (
	"checkout_id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"email_mark" text NOT NULL,
	"recorded_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "trial_offers" ADD CONSTRAINT "trial_offers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;