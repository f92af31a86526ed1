ALTER TABLE "catalog_prices" DROP CONSTRAINT "catalog_prices_pkey";--> statement-breakpoint
ALTER TABLE "catalog_prices" DROP CONSTRAINT "catalog_prices_stripe_price_id_currency_key";--> statement-breakpoint
ALTER TABLE "catalog_prices" ADD CONSTRAINT "catalog_prices_stripe_price_id_currency_pk" PRIMARY KEY("stripe_price_id","currency");--> statement-breakpoint
ALTER TABLE "catalog_versions" ADD COLUMN "portal_configuration_id" text;--> statement-breakpoint
CREATE INDEX "subscriptions_unknown_price_idx" ON "subscriptions" USING btree ("stripe_price_id") WHERE "subscriptions"."price_id" is null;
