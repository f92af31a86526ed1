ALTER TABLE "catalog_tiers" ADD COLUMN "grace_days" integer;
--> statement-breakpoint

-- The newest catalog in rows.
CREATE OR REPLACE FUNCTION spread_catalog(p_definition jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalog_tiers;
  DELETE FROM catalog_features;
  DELETE FROM catalog_grants;
  INSERT INTO catalog_tiers (slug, rank, is_default, is_staff, grace_days)
    SELECT tier ->> 'slug', (tier ->> 'rank')::int, (tier ->> 'isDefault')::boolean, (tier ->> 'isStaff')::boolean,
      (tier ->> 'graceDays')::int
    FROM jsonb_array_elements(p_definition -> 'tiers') AS tier;
  INSERT INTO catalog_features (key, kind)
    SELECT feature ->> 'key', feature ->> 'kind' FROM jsonb_array_elements(p_definition -> 'features') AS feature;
  INSERT INTO catalog_grants (tier_slug, feature_key, is_included, "limit")
    SELECT tier ->> 'slug', given.key, (given.value ->> 'isIncluded')::boolean, (given.value ->> 'limit')::bigint
    FROM jsonb_array_elements(p_definition -> 'tiers') AS tier, jsonb_each(tier -> 'grants') AS given
    WHERE EXISTS (SELECT FROM catalog_features WHERE catalog_features.key = given.key);
END $$;
--> statement-breakpoint

-- For how many days a late payment for a tier is put up with: `p_default` where the tier says nothing. Handed to
-- `is_entitling`, which Postgres puts in place of its call, this is looked up only for what is late.
CREATE FUNCTION grace_days_of(p_tier text, p_default int) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT grace_days FROM catalog_tiers WHERE slug = p_tier), p_default)
$$;
--> statement-breakpoint

-- What somebody may have of one feature, and what grants it: an override, else the most generous of all that give
-- something. Of equals the first in this order: admin, grant, trial, subscription, grace, free tier.
CREATE OR REPLACE FUNCTION allowance(p_user uuid, p_is_admin boolean, p_feature text, p_now timestamptz, p_grace_days int,
  OUT source text, OUT is_included boolean, OUT "limit" bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT 'OVERRIDE', o.is_included, o."limit" INTO source, is_included, "limit" FROM entitlement_overrides AS o
    WHERE o.user_id = p_user AND o.feature_key = p_feature AND (o.ends_at IS NULL OR o.ends_at > p_now);
  IF FOUND THEN
    RETURN;
  END IF;
  SELECT candidate.source, given.is_included, given."limit" INTO source, is_included, "limit"
    FROM (
      SELECT slug, 1 AS place, 'ADMIN' AS source FROM catalog_tiers WHERE p_is_admin AND is_staff
      UNION ALL
      SELECT tier_slug, 2, 'GRANT' FROM tier_grants
        WHERE user_id = p_user AND started_at <= p_now AND (ends_at IS NULL OR ends_at > p_now)
      UNION ALL
      SELECT tier_slug, CASE status WHEN 'TRIALING' THEN 3 WHEN 'ACTIVE' THEN 4 ELSE 5 END,
          CASE status WHEN 'TRIALING' THEN 'TRIAL' WHEN 'ACTIVE' THEN 'SUBSCRIPTION' ELSE 'GRACE' END
        FROM subscriptions WHERE user_id = p_user AND is_entitling(status, past_due_since, p_now, grace_days_of(tier_slug, p_grace_days))
      UNION ALL
      SELECT slug, 6, 'FREE_TIER' FROM catalog_tiers WHERE is_default
    ) AS candidate
    JOIN catalog_grants AS given ON given.tier_slug = candidate.slug AND given.feature_key = p_feature
    ORDER BY given.is_included DESC, given."limit" DESC NULLS FIRST, candidate.place LIMIT 1;
  IF NOT FOUND THEN
    is_included := false;
    "limit" := 0;
  END IF;
END $$;
--> statement-breakpoint

-- The subscription that counts: the running one, else the last.
CREATE OR REPLACE FUNCTION subscription_held(p_user uuid, p_now timestamptz, p_grace_days int, OUT status subscription_status, OUT is_paid_up boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT s.status, is_entitling(s.status, s.past_due_since, p_now, grace_days_of(s.tier_slug, p_grace_days)) INTO status, is_paid_up
    FROM subscriptions AS s WHERE s.user_id = p_user
    ORDER BY subscription_rank(s.status, s.past_due_since, p_now, grace_days_of(s.tier_slug, p_grace_days)), s.started_at DESC, s.id DESC LIMIT 1;
END $$;
