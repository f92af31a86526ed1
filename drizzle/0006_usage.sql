CREATE TYPE "public"."reservation_status" AS ENUM('EXPIRED', 'OPEN', 'RELEASED', 'SETTLED');--> statement-breakpoint
CREATE TABLE "entitlement_overrides" (
	"user_id" uuid NOT NULL,
	"feature_key" text NOT NULL,
	"is_included" boolean NOT NULL,
	"limit" bigint,
	"ends_at" timestamp (3) with time zone,
	"reason" text NOT NULL,
	"set_at" timestamp (3) with time zone NOT NULL,
	"lapse_told_at" timestamp (3) with time zone,
	CONSTRAINT "entitlement_overrides_user_id_feature_key_pk" PRIMARY KEY("user_id","feature_key")
);
--> statement-breakpoint
CREATE TABLE "tier_grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"tier_slug" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone,
	"reason" text NOT NULL,
	"lapse_told_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog_features" (
	"key" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog_grants" (
	"tier_slug" text NOT NULL,
	"feature_key" text NOT NULL,
	"is_included" boolean NOT NULL,
	"limit" bigint,
	CONSTRAINT "catalog_grants_feature_key_tier_slug_pk" PRIMARY KEY("feature_key","tier_slug")
);
--> statement-breakpoint
CREATE TABLE "catalog_tiers" (
	"slug" text PRIMARY KEY NOT NULL,
	"rank" integer NOT NULL,
	"is_default" boolean NOT NULL,
	"is_staff" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage_events" (
	"user_id" uuid NOT NULL,
	"feature_key" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"quantity" bigint NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"counted_at" timestamp (3) with time zone NOT NULL,
	"key" text NOT NULL
) PARTITION BY RANGE ("counted_at");
--> statement-breakpoint
-- Takes what no month was made for yet; make_usage_months moves it on.
CREATE TABLE "usage_events_default" PARTITION OF "usage_events" DEFAULT;
--> statement-breakpoint
CREATE TABLE "usage_hours" (
	"user_id" uuid NOT NULL,
	"feature_key" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"quantity" bigint NOT NULL,
	CONSTRAINT "usage_hours_user_id_feature_key_hour_pk" PRIMARY KEY("user_id","feature_key","hour")
);
--> statement-breakpoint
CREATE TABLE "usage_keys" (
	"user_id" uuid NOT NULL,
	"key" text NOT NULL,
	"feature_key" text NOT NULL,
	"quantity" bigint NOT NULL,
	"occurred_at" timestamp (3) with time zone,
	"counted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "usage_keys_user_id_key_pk" PRIMARY KEY("user_id","key")
);
--> statement-breakpoint
CREATE TABLE "usage_reservations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"feature_key" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"quantity" bigint NOT NULL,
	"settled_quantity" bigint,
	"status" "reservation_status" NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"reserved_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"idempotency_key" text NOT NULL,
	CONSTRAINT "usage_reservations_user_id_idempotency_key_unique" UNIQUE("user_id","idempotency_key")
);
--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "usage_anchor" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "usage_unit" text;--> statement-breakpoint
ALTER TABLE "usage_tracking" ADD COLUMN "reserved" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "usage_tracking" ADD COLUMN "next_expiry" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "is_registered" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "first_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "entitlement_overrides" ADD CONSTRAINT "entitlement_overrides_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tier_grants" ADD CONSTRAINT "tier_grants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "entitlement_overrides_lapse_idx" ON "entitlement_overrides" USING btree ("ends_at") WHERE "entitlement_overrides"."lapse_told_at" is null;--> statement-breakpoint
CREATE INDEX "tier_grants_user_id_idx" ON "tier_grants" USING btree ("user_id","started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "tier_grants_lapse_idx" ON "tier_grants" USING btree ("ends_at") WHERE "tier_grants"."lapse_told_at" is null;--> statement-breakpoint
CREATE INDEX "usage_events_user_id_counted_at_idx" ON "usage_events" USING btree ("user_id","counted_at");--> statement-breakpoint
CREATE INDEX "usage_keys_counted_at_idx" ON "usage_keys" USING btree ("counted_at");--> statement-breakpoint
CREATE INDEX "usage_reservations_open_idx" ON "usage_reservations" USING btree ("user_id","feature_key","period_start","expires_at") WHERE "usage_reservations"."status" = 'OPEN';--> statement-breakpoint
CREATE INDEX "usage_reservations_closed_at_idx" ON "usage_reservations" USING btree ("closed_at");--> statement-breakpoint
CREATE INDEX "usage_tracking_next_expiry_idx" ON "usage_tracking" USING btree ("next_expiry") WHERE "usage_tracking"."next_expiry" is not null;--> statement-breakpoint
ALTER TABLE "usage_tracking" ADD CONSTRAINT "usage_tracking_not_negative" CHECK ("usage_tracking"."used" >= 0 and "usage_tracking"."reserved" >= 0);--> statement-breakpoint
-- Rewritten at every use: with room on the page a new version needs no new index entry.
ALTER TABLE "usage_tracking" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "usage_hours" SET (fillfactor = 70);
