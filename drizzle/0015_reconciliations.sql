CREATE TYPE "public"."reconciled_object_kind" AS ENUM('customer', 'subscription', 'invoice', 'payment', 'checkout');--> statement-breakpoint
CREATE TYPE "public"."reconciliation_status" AS ENUM('FAILED', 'FINISHED', 'RUNNING');--> statement-breakpoint
CREATE TABLE "reconciliation_differences" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reconciliation_id" uuid NOT NULL,
	"user_id" uuid,
	"kind" "reconciled_object_kind" NOT NULL,
	"stripe_id" text NOT NULL,
	"field" text,
	"ours" jsonb,
	"theirs" jsonb,
	"is_repaired" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reconciliations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"status" "reconciliation_status" DEFAULT 'RUNNING' NOT NULL,
	"user_id" uuid,
	"repair" boolean NOT NULL,
	"actor" text NOT NULL,
	"reason" text NOT NULL,
	"cursor" text,
	"claimed_until" timestamp (3) with time zone,
	"checked_count" integer DEFAULT 0 NOT NULL,
	"difference_count" integer DEFAULT 0 NOT NULL,
	"repaired_count" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "reconciliation_differences" ADD CONSTRAINT "reconciliation_differences_reconciliation_id_reconciliations_id_fk" FOREIGN KEY ("reconciliation_id") REFERENCES "public"."reconciliations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reconciliation_differences" ADD CONSTRAINT "reconciliation_differences_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reconciliations" ADD CONSTRAINT "reconciliations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "reconciliation_differences_once_idx" ON "reconciliation_differences" USING btree ("reconciliation_id","kind","stripe_id",coalesce("field", ''));--> statement-breakpoint
CREATE UNIQUE INDEX "reconciliations_one_running_idx" ON "reconciliations" USING btree (coalesce("user_id", '00000000-0000-0000-0000-000000000000'::uuid)) WHERE "reconciliations"."status" = 'RUNNING';--> statement-breakpoint
CREATE INDEX "reconciliations_started_at_idx" ON "reconciliations" USING btree ("started_at" DESC NULLS LAST,"id" DESC NULLS LAST);