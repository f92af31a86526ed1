-- What the database decides by itself: who may have how much, in which period it counts, and whether one more fits.
--
-- All of it is here, and nowhere else, so that the answer to "may they?" and the counting that holds to it cannot
-- disagree. Every function takes the present moment of the billing clock as `p_now`. Those that write take the
-- payer's usage lock first and read afterwards: in a volatile function each statement sees what was committed before it
-- began, so a limit is read while nobody else can count.

-- The newest catalog in rows.
CREATE FUNCTION spread_catalog(p_definition jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalog_tiers;
  DELETE FROM catalog_features;
  DELETE FROM catalog_grants;
  INSERT INTO catalog_tiers (slug, rank, is_default, is_staff)
    SELECT tier ->> 'slug', (tier ->> 'rank')::int, (tier ->> 'isDefault')::boolean, (tier ->> 'isStaff')::boolean
    FROM jsonb_array_elements(p_definition -> 'tiers') AS tier;
  INSERT INTO catalog_features (key, kind)
    SELECT feature ->> 'key', feature ->> 'kind' FROM jsonb_array_elements(p_definition -> 'features') AS feature;
  INSERT INTO catalog_grants (tier_slug, feature_key, is_included, "limit")
    SELECT tier ->> 'slug', given.key, (given.value ->> 'isIncluded')::boolean, (given.value ->> 'limit')::bigint
    FROM jsonb_array_elements(p_definition -> 'tiers') AS tier, jsonb_each(tier -> 'grants') AS given
    WHERE EXISTS (SELECT FROM catalog_features WHERE catalog_features.key = given.key);
END $$;
--> statement-breakpoint
CREATE FUNCTION spread_new_catalog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM spread_catalog(NEW.definition);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER catalog_versions_spread AFTER INSERT ON catalog_versions
  FOR EACH ROW EXECUTE FUNCTION spread_new_catalog();
--> statement-breakpoint
SELECT spread_catalog(definition) FROM catalog_versions ORDER BY id DESC LIMIT 1;
--> statement-breakpoint

-- Whether a subscription grants its tier: the same as `isEntitling` of subscription.ts. Stable, as Postgres has it of an
-- instant less an interval: one that claims more than its body does is called for each row, not put in place of its call.
CREATE FUNCTION is_entitling(p_status subscription_status, p_past_due_since timestamptz, p_now timestamptz, p_grace_days int)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p_status IN ('ACTIVE', 'TRIALING')
    OR (p_status = 'PAST_DUE' AND (p_past_due_since IS NULL OR p_past_due_since > p_now - p_grace_days * interval '24 hours'))
$$;
--> statement-breakpoint

-- The step of a period, counted from the anchor, that holds an instant. A month's day is clamped to the months that
-- lack it and comes back afterwards, as Stripe's billing dates do: https://docs.stripe.com/billing/subscriptions/billing-cycle
CREATE FUNCTION usage_step(p_anchor timestamptz, p_unit text, p_at timestamptz, OUT period_start timestamptz, OUT period_end timestamptz)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  anchor timestamp := p_anchor AT TIME ZONE 'UTC';
  instant timestamp := p_at AT TIME ZONE 'UTC';
  width interval;
  n int;
BEGIN
  IF p_unit = 'month' THEN
    n := (date_part('year', instant) - date_part('year', anchor)) * 12 + date_part('month', instant) - date_part('month', anchor);
    IF anchor + n * interval '1 month' > instant THEN
      n := n - 1;
    END IF;
    period_start := (anchor + n * interval '1 month') AT TIME ZONE 'UTC';
    period_end := (anchor + (n + 1) * interval '1 month') AT TIME ZONE 'UTC';
    RETURN;
  END IF;
  width := CASE p_unit WHEN 'week' THEN interval '168 hours' ELSE interval '24 hours' END;
  n := floor(extract(epoch FROM instant - anchor) / extract(epoch FROM width));
  period_start := (anchor + n * width) AT TIME ZONE 'UTC';
  period_end := (anchor + (n + 1) * width) AT TIME ZONE 'UTC';
END $$;
--> statement-breakpoint

-- What is held of a LIMIT counts in one period without end: it is given back, and no date clears it.
CREATE FUNCTION endless_start() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT timestamptz '1970-01-01 00:00:00+00' $$;
--> statement-breakpoint
CREATE FUNCTION endless_end() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT timestamptz '9999-12-31 00:00:00+00' $$;
--> statement-breakpoint

-- In which period an instant of a payer's use counts.
--
-- The subscription that runs then decides, else the last one before, else the first use: so a cancellation, a pause or
-- a grace neither starts a period nor ends one. A subscription's first period starts with it, whatever its anchor. A
-- trial is counted from its start, for its end may still be moved; its last period ends with it, and the next begins.
-- `closed_before`: what was used before that instant has been billed, or is about to be.
CREATE FUNCTION usage_period(p_user uuid, p_at timestamptz, p_now timestamptz, OUT period_start timestamptz, OUT period_end timestamptz,
  OUT is_anchored boolean, OUT closed_before timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  s subscriptions%ROWTYPE;
  anchor timestamptz;
BEGIN
  SELECT * INTO s FROM subscriptions
    WHERE user_id = p_user AND started_at <= p_at AND status NOT IN ('INCOMPLETE', 'INCOMPLETE_EXPIRED')
    ORDER BY (ended_at IS NULL OR ended_at > p_at) DESC, started_at DESC, id DESC LIMIT 1;
  IF NOT FOUND THEN
    SELECT first_used_at INTO anchor FROM users WHERE id = p_user;
    is_anchored := anchor IS NOT NULL;
    -- Of two first uses at once the later may come first, and clocks differ a little: neither must open a period before the first.
    IF p_at BETWEEN anchor - interval '1 minute' AND anchor THEN
      p_at := anchor;
    END IF;
    SELECT step.period_start, step.period_end INTO period_start, period_end FROM usage_step(coalesce(anchor, p_at), 'month', p_at) AS step;
    RETURN;
  END IF;
  is_anchored := true;
  anchor := CASE WHEN s.trial_ends_at > p_at THEN s.started_at ELSE coalesce(s.usage_anchor, s.current_period_start, s.started_at) END;
  SELECT step.period_start, step.period_end INTO period_start, period_end FROM usage_step(anchor, coalesce(s.usage_unit, 'month'), p_at) AS step;
  period_start := greatest(period_start, s.started_at, CASE WHEN s.trial_ends_at <= p_at THEN s.trial_ends_at END);
  IF s.trial_ends_at > p_at THEN
    period_end := least(period_end, s.trial_ends_at);
  END IF;
  -- Stripe leaves the invoice of a period that ended a draft for an hour: https://docs.stripe.com/billing/subscriptions/usage-based
  closed_before := CASE
    WHEN s.ended_at > p_at AND s.ended_at <= p_now - interval '1 hour' THEN s.ended_at
    WHEN s.current_period_start <= p_now - interval '1 hour' AND (s.ended_at IS NULL OR s.ended_at > p_at) THEN s.current_period_start
  END;
END $$;
--> statement-breakpoint

-- What somebody may have of one feature, and what grants it: an override, else the most generous of all that give
-- something. Of equals the first in this order: admin, grant, trial, subscription, grace, free tier.
CREATE FUNCTION allowance(p_user uuid, p_is_admin boolean, p_feature text, p_now timestamptz, p_grace_days int,
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
        FROM subscriptions WHERE user_id = p_user AND is_entitling(status, past_due_since, p_now, p_grace_days)
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

-- What is set aside in a counter at a moment: what is stored there, less what has run out since.
CREATE FUNCTION reserved_now(p_counter usage_tracking, p_now timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_counter.next_expiry IS NULL OR p_counter.next_expiry > p_now THEN
    RETURN coalesce(p_counter.reserved, 0);
  END IF;
  RETURN coalesce((SELECT sum(quantity) FROM usage_reservations
    WHERE user_id = p_counter.user_id AND feature_key = p_counter.feature_key AND period_start = p_counter.period_start
      AND status = 'OPEN' AND expires_at > p_now), 0);
END $$;
--> statement-breakpoint

-- Which of a payer's subscriptions counts: of the lowest rank the newest. Entitling comes before waiting before over.
CREATE FUNCTION subscription_rank(p_status subscription_status, p_past_due_since timestamptz, p_now timestamptz, p_grace_days int)
RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN is_entitling(p_status, p_past_due_since, p_now, p_grace_days) THEN 0
    WHEN p_status IN ('CANCELED', 'INCOMPLETE_EXPIRED') THEN 2 ELSE 1 END
$$;
--> statement-breakpoint

-- The subscription that counts: the running one, else the last.
CREATE FUNCTION subscription_held(p_user uuid, p_now timestamptz, p_grace_days int, OUT status subscription_status, OUT is_paid_up boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT s.status, is_entitling(s.status, s.past_due_since, p_now, p_grace_days) INTO status, is_paid_up
    FROM subscriptions AS s WHERE s.user_id = p_user
    ORDER BY subscription_rank(s.status, s.past_due_since, p_now, p_grace_days), s.started_at DESC, s.id DESC LIMIT 1;
END $$;
--> statement-breakpoint

-- All that decides what customers may use now: a row for each customer and feature; all features where none are named.
CREATE FUNCTION standings(p_users uuid[], p_admins boolean[], p_features text[], p_now timestamptz, p_grace_days int)
RETURNS TABLE (user_id uuid, is_admin boolean, feature_key text, source text, is_included boolean, "limit" bigint, used bigint,
  period_start timestamptz, period_end timestamptz, is_anchored boolean, status subscription_status, is_paid_up boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
    SELECT holder.user_id, holder.is_admin, feature.key, allowed.source, allowed.is_included, allowed."limit",
      coalesce(counter.taken, 0),
      period.period_start, period.period_end, period.is_anchored, held.status, held.is_paid_up
    FROM unnest(p_users, p_admins) AS holder (user_id, is_admin)
    CROSS JOIN LATERAL usage_period(holder.user_id, p_now, p_now) AS period
    CROSS JOIN LATERAL subscription_held(holder.user_id, p_now, p_grace_days) AS held
    CROSS JOIN catalog_features AS feature
    CROSS JOIN LATERAL allowance(holder.user_id, holder.is_admin, feature.key, p_now, p_grace_days) AS allowed
    LEFT JOIN LATERAL (
      SELECT t.used + reserved_now(t, p_now) AS taken FROM usage_tracking AS t
      WHERE feature.kind <> 'SWITCH' AND t.user_id = holder.user_id AND t.feature_key = feature.key
        AND t.period_start = CASE feature.kind WHEN 'LIMIT' THEN endless_start() ELSE period.period_start END
      LIMIT 1 -- one by one, by their key: a join might read the whole table for a page of customers
    ) AS counter ON true
    WHERE p_features IS NULL OR feature.key = ANY (p_features);
END $$;
--> statement-breakpoint

-- One at a time for each payer: every function that moves a counter begins here.
CREATE FUNCTION lock_usage(p_user uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('usage:' || p_user, 0))
$$;
--> statement-breakpoint

-- How full a limit is: 0 below 80 percent, 1 from there, 2 when nothing is left. Null where there is no limit to fill.
CREATE FUNCTION usage_level(p_used bigint, p_limit bigint) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_limit IS NULL OR p_limit = 0 THEN NULL WHEN p_used >= p_limit THEN 2 WHEN p_used::numeric * 5 >= p_limit::numeric * 4 THEN 1 ELSE 0 END
$$;
--> statement-breakpoint

-- Tells whoever listens that a limit has filled up or has room again, when the transaction commits.
CREATE FUNCTION tell_usage(p_user uuid, p_feature text, p_before bigint, p_after bigint, p_limit bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF usage_level(p_before, p_limit) IS DISTINCT FROM usage_level(p_after, p_limit) THEN
    PERFORM pg_notify('billing_live', json_build_object('kind', 'entitlements', 'subject', p_user, 'facts', json_build_object(
      'features', json_build_array(p_feature), 'cause', 'USAGE',
      'occurredAt', to_char(p_now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))::text);
  END IF;
END $$;
--> statement-breakpoint

-- Takes out of a counter what was set aside and has run out. Call it under the lock. Gives what is set aside then.
CREATE FUNCTION expire_reservations(p_user uuid, p_feature text, p_period_start timestamptz, p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  left_over bigint;
BEGIN
  UPDATE usage_reservations SET status = 'EXPIRED', closed_at = expires_at
    WHERE user_id = p_user AND feature_key = p_feature AND period_start = p_period_start AND status = 'OPEN' AND expires_at <= p_now;
  UPDATE usage_tracking AS counter SET (reserved, next_expiry) = (
      SELECT coalesce(sum(quantity), 0), min(expires_at) FROM usage_reservations
      WHERE user_id = p_user AND feature_key = p_feature AND period_start = p_period_start AND status = 'OPEN')
    WHERE counter.user_id = p_user AND counter.feature_key = p_feature AND counter.period_start = p_period_start
    RETURNING reserved INTO left_over;
  RETURN coalesce(left_over, 0);
END $$;
--> statement-breakpoint

-- A payer who used something is on record, by their ID alone until they register.
CREATE FUNCTION put_on_record(p_user uuid, p_external_id text, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM users WHERE id = p_user;
  IF NOT FOUND THEN
    INSERT INTO users (id, external_id, is_registered, created_at, recorded_at, updated_at)
      VALUES (p_user, p_external_id, false, p_now, p_now, p_now) ON CONFLICT DO NOTHING;
  END IF;
END $$;
--> statement-breakpoint

-- Moves a counter, and the hour that histories are made of. Call it under the lock.
CREATE FUNCTION move_counter(p_user uuid, p_feature text, p_period_start timestamptz, p_period_end timestamptz, p_hour timestamptz, p_quantity bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE usage_tracking SET used = used + p_quantity
    WHERE user_id = p_user AND feature_key = p_feature AND period_start = p_period_start;
  IF NOT FOUND THEN
    INSERT INTO usage_tracking (user_id, feature_key, period_start, period_end, used)
      VALUES (p_user, p_feature, p_period_start, p_period_end, p_quantity);
  END IF;
  UPDATE usage_hours SET quantity = quantity + p_quantity WHERE user_id = p_user AND feature_key = p_feature AND hour = p_hour;
  IF NOT FOUND THEN
    INSERT INTO usage_hours (user_id, feature_key, hour, quantity) VALUES (p_user, p_feature, p_hour, p_quantity);
  END IF;
END $$;
--> statement-breakpoint

-- Moves a counter as far as it was moved in memory, and tells when that filled it up. Nothing for no counter at all.
CREATE FUNCTION close_counter(p_user uuid, p_feature text, p_start timestamptz, p_end timestamptz, p_hour timestamptz, p_moved bigint,
  p_before bigint, p_after bigint, p_limit bigint, p_is_present boolean, p_now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_moved <> 0 THEN
    PERFORM move_counter(p_user, p_feature, p_start, p_end, p_hour, p_moved);
  END IF;
  IF p_is_present THEN
    PERFORM tell_usage(p_user, p_feature, p_before, p_after, p_limit, p_now);
  END IF;
END $$;
--> statement-breakpoint

-- Counts events, each judged on its own, payer by payer in one order for all callers so that none waits for another in
-- a circle. `p_events`: a list of {user, externalId, isAdmin, feature, quantity, occurredAt, key}. A row for each comes
-- back, by its place in the list, with what came of it and the payer's standing for that feature afterwards. What is
-- refused leaves nothing behind, not even its key.
CREATE FUNCTION record_usage(p_events jsonb, p_now timestamptz, p_grace_days int)
RETURNS TABLE (place int, outcome text, source text, is_included boolean, "limit" bigint, used bigint,
  period_start timestamptz, period_end timestamptz, is_anchored boolean, status subscription_status, is_paid_up boolean)
LANGUAGE plpgsql AS $$
DECLARE
  event record;
  payer uuid;
  feature text;
  is_admin boolean;
  kind text;
  allowed record;
  held record;
  present record; -- the period of this moment
  period record; -- the period of the event
  moment timestamptz;
  known usage_keys%ROWTYPE;
  -- The counter at hand: it is moved here, and in its table once another one is needed.
  c_user uuid;
  c_feature text;
  c_is_admin boolean;
  c_start timestamptz;
  c_end timestamptz;
  c_hour timestamptz;
  c_limit bigint;
  c_is_present boolean;
  c_before bigint;
  c_moved bigint := 0;
  c_used bigint;
  c_reserved bigint;
  c_next_expiry timestamptz;
BEGIN
  FOR event IN
    SELECT (o.ordinality - 1)::int AS place, e.*
    FROM jsonb_array_elements(p_events) WITH ORDINALITY AS o (value, ordinality)
    CROSS JOIN LATERAL jsonb_to_record(o.value) AS e ("user" uuid, "externalId" text, "isAdmin" boolean, feature text,
      quantity bigint, "occurredAt" timestamptz, key text)
    ORDER BY e."user", o.ordinality
  LOOP
    IF event."user" IS DISTINCT FROM payer THEN
      payer := event."user";
      feature := NULL;
      PERFORM lock_usage(payer);
      SELECT * INTO present FROM usage_period(payer, p_now, p_now);
      SELECT * INTO held FROM subscription_held(payer, p_now, p_grace_days);
    END IF;
    -- Calls that go together may be of staff, and of a service that reports of the same account: each has its own limit.
    IF (event.feature, event."isAdmin") IS DISTINCT FROM (feature, is_admin) THEN
      feature := event.feature;
      is_admin := event."isAdmin";
      SELECT f.kind INTO kind FROM catalog_features AS f WHERE f.key = feature;
      SELECT * INTO allowed FROM allowance(payer, is_admin, feature, p_now, p_grace_days);
    END IF;

    moment := least(coalesce(event."occurredAt", p_now), p_now);
    SELECT * INTO known FROM usage_keys AS k WHERE k.user_id = payer AND k.key = event.key;
    outcome := CASE
      WHEN FOUND AND (known.feature_key, known.quantity) = (feature, event.quantity)
        AND known.occurred_at IS NOT DISTINCT FROM event."occurredAt" THEN 'DUPLICATE'
      WHEN FOUND THEN 'KEY_REUSED'
      WHEN kind IS NULL THEN 'FEATURE_NOT_FOUND'
      WHEN kind = 'SWITCH' THEN 'FEATURE_NOT_METERED'
      WHEN event.quantity = 0 OR (event.quantity < 0 AND kind = 'METERED') THEN 'INVALID_QUANTITY'
      WHEN event."occurredAt" > p_now + interval '5 seconds' THEN 'IN_FUTURE'
      WHEN moment < p_now - 35 * interval '24 hours' THEN 'TOO_OLD'
    END;

    -- The period of the event; for what is refused or was counted before, the present one, to tell how things stand.
    period := present;
    IF kind = 'LIMIT' THEN
      SELECT endless_start() AS period_start, endless_end() AS period_end, true AS is_anchored INTO period;
    ELSIF kind = 'METERED' AND outcome IS NULL AND moment < p_now THEN
      SELECT * INTO period FROM usage_period(payer, moment, p_now);
      IF period.closed_before > moment THEN
        outcome := 'TOO_OLD';
        period := present;
      END IF;
    END IF;

    IF kind IN ('METERED', 'LIMIT')
      AND (c_user, c_feature, c_is_admin, c_start) IS DISTINCT FROM (payer, feature, is_admin, period.period_start) THEN
      PERFORM close_counter(c_user, c_feature, c_start, c_end, c_hour, c_moved, c_before, c_used + c_reserved, c_limit, c_is_present, p_now);
      c_user := payer;
      c_feature := feature;
      c_is_admin := is_admin;
      c_start := period.period_start;
      c_end := period.period_end;
      c_limit := allowed."limit";
      c_moved := 0;
      SELECT t.used, t.reserved, t.next_expiry INTO c_used, c_reserved, c_next_expiry FROM usage_tracking AS t
        WHERE t.user_id = c_user AND t.feature_key = c_feature AND t.period_start = c_start;
      c_used := coalesce(c_used, 0);
      c_reserved := coalesce(c_reserved, 0);
      c_before := c_used + c_reserved;
      IF c_next_expiry <= p_now THEN
        c_reserved := expire_reservations(c_user, c_feature, c_start, p_now);
      END IF;
    END IF;

    IF outcome IS NULL THEN
      outcome := CASE
        WHEN c_used + event.quantity < 0 THEN 'BELOW_ZERO'
        WHEN event.quantity < 0 THEN 'COUNTED'
        WHEN NOT allowed.is_included THEN 'NOT_INCLUDED'
        -- The largest whole number that every JSON parser holds exactly.
        WHEN c_used + c_reserved + event.quantity > least(c_limit, 9007199254740991) THEN 'LIMIT_REACHED'
        ELSE 'COUNTED'
      END;
    END IF;

    IF outcome = 'COUNTED' THEN
      IF c_hour IS DISTINCT FROM date_trunc('hour', moment, 'UTC') THEN
        IF c_moved <> 0 THEN
          PERFORM move_counter(c_user, c_feature, c_start, c_end, c_hour, c_moved);
          c_moved := 0;
        END IF;
        c_hour := date_trunc('hour', moment, 'UTC');
      END IF;
      PERFORM put_on_record(payer, event."externalId", p_now);
      IF NOT period.is_anchored THEN
        UPDATE users SET first_used_at = moment WHERE id = payer AND first_used_at IS NULL;
        SELECT * INTO present FROM usage_period(payer, p_now, p_now);
      END IF;
      INSERT INTO usage_keys (user_id, key, feature_key, quantity, occurred_at, counted_at)
        VALUES (payer, event.key, feature, event.quantity, event."occurredAt", p_now);
      INSERT INTO usage_events (user_id, feature_key, period_start, quantity, occurred_at, counted_at, key)
        VALUES (payer, feature, c_start, event.quantity, moment, p_now, event.key);
      c_moved := c_moved + event.quantity;
      c_used := c_used + event.quantity;
    END IF;

    IF kind IN ('METERED', 'LIMIT') THEN -- what is not counted leaves the counter at hand as it is
      c_is_present := kind = 'LIMIT' OR c_start = present.period_start;
    END IF;
    place := event.place;
    source := allowed.source;
    is_included := allowed.is_included;
    "limit" := allowed."limit";
    used := CASE
      WHEN kind IS NULL OR kind = 'SWITCH' THEN 0
      WHEN c_is_present THEN c_used + c_reserved
      ELSE coalesce((SELECT t.used + reserved_now(t, p_now) FROM usage_tracking AS t
        WHERE t.user_id = payer AND t.feature_key = feature AND t.period_start = present.period_start), 0)
    END;
    period_start := present.period_start;
    period_end := present.period_end;
    is_anchored := present.is_anchored;
    status := held.status;
    is_paid_up := held.is_paid_up;
    RETURN NEXT;
  END LOOP;
  PERFORM close_counter(c_user, c_feature, c_start, c_end, c_hour, c_moved, c_before, c_used + c_reserved, c_limit, c_is_present, p_now);
END $$;
--> statement-breakpoint

-- Sets use aside until it is settled or runs out. The reservation's own row says what came of it: a second call with the
-- same key finds it. `reservation_id` is null where nothing was set aside.
CREATE FUNCTION reserve_usage(p_id uuid, p_user uuid, p_external_id text, p_is_admin boolean, p_feature text, p_quantity bigint,
  p_expires_at timestamptz, p_key text, p_now timestamptz, p_grace_days int, OUT outcome text, OUT reservation_id uuid)
LANGUAGE plpgsql AS $$
DECLARE
  kind text;
  period record;
  allowed record;
  known usage_reservations%ROWTYPE;
  counter usage_tracking%ROWTYPE;
  taken bigint;
BEGIN
  PERFORM lock_usage(p_user);
  SELECT * INTO known FROM usage_reservations WHERE user_id = p_user AND idempotency_key = p_key;
  IF FOUND THEN
    IF (known.feature_key, known.quantity, known.expires_at) = (p_feature, p_quantity, p_expires_at) THEN
      outcome := 'RESERVED';
      reservation_id := known.id;
    ELSE
      outcome := 'KEY_REUSED';
    END IF;
    RETURN;
  END IF;
  SELECT f.kind INTO kind FROM catalog_features AS f WHERE f.key = p_feature;
  outcome := CASE
    WHEN kind IS NULL THEN 'FEATURE_NOT_FOUND'
    WHEN kind = 'SWITCH' THEN 'FEATURE_NOT_METERED'
    WHEN p_quantity < 1 THEN 'INVALID_QUANTITY'
    WHEN p_expires_at <= p_now OR p_expires_at > p_now + interval '24 hours' THEN 'INVALID_EXPIRY'
  END;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;

  SELECT * INTO allowed FROM allowance(p_user, p_is_admin, p_feature, p_now, p_grace_days);
  IF kind = 'LIMIT' THEN
    SELECT endless_start() AS period_start, endless_end() AS period_end, true AS is_anchored INTO period;
  ELSE
    SELECT * INTO period FROM usage_period(p_user, p_now, p_now);
  END IF;
  SELECT * INTO counter FROM usage_tracking
    WHERE user_id = p_user AND feature_key = p_feature AND period_start = period.period_start;
  taken := coalesce(counter.used, 0) + CASE WHEN counter.next_expiry <= p_now
    THEN expire_reservations(p_user, p_feature, period.period_start, p_now) ELSE coalesce(counter.reserved, 0) END;
  outcome := CASE
    WHEN NOT allowed.is_included THEN 'NOT_INCLUDED'
    WHEN taken + p_quantity > least(allowed."limit", 9007199254740991) THEN 'LIMIT_REACHED'
    ELSE 'RESERVED'
  END;
  IF outcome <> 'RESERVED' THEN
    -- What was found to have run out has made room; nobody else will find it.
    PERFORM tell_usage(p_user, p_feature, counter.used + counter.reserved, taken, allowed."limit", p_now);
    RETURN;
  END IF;

  PERFORM put_on_record(p_user, p_external_id, p_now);
  IF NOT period.is_anchored THEN
    UPDATE users SET first_used_at = p_now WHERE id = p_user AND first_used_at IS NULL;
  END IF;
  INSERT INTO usage_reservations (id, user_id, feature_key, period_start, quantity, status, expires_at, reserved_at, idempotency_key)
    VALUES (p_id, p_user, p_feature, period.period_start, p_quantity, 'OPEN', p_expires_at, p_now, p_key);
  INSERT INTO usage_tracking AS t (user_id, feature_key, period_start, period_end, used, reserved, next_expiry)
    VALUES (p_user, p_feature, period.period_start, period.period_end, 0, p_quantity, p_expires_at)
    ON CONFLICT (user_id, feature_key, period_start) DO UPDATE
    SET reserved = t.reserved + excluded.reserved, next_expiry = least(t.next_expiry, excluded.next_expiry);
  reservation_id := p_id;
  PERFORM tell_usage(p_user, p_feature, coalesce(counter.used + counter.reserved, 0), taken + p_quantity, allowed."limit", p_now);
END $$;
--> statement-breakpoint

-- Turns a reservation into what was really used, in the period and hour in which it was set aside. The same quantity
-- again finds it done.
CREATE FUNCTION settle_usage(p_id uuid, p_quantity bigint, p_is_admin boolean, p_now timestamptz, p_grace_days int)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  payer uuid;
  reservation usage_reservations%ROWTYPE;
  counter usage_tracking%ROWTYPE;
  allowed record;
BEGIN
  SELECT user_id INTO payer FROM usage_reservations WHERE id = p_id;
  IF NOT FOUND THEN
    RETURN 'NOT_FOUND';
  END IF;
  PERFORM lock_usage(payer);
  SELECT * INTO reservation FROM usage_reservations WHERE id = p_id;
  IF p_quantity < 0 OR p_quantity > reservation.quantity THEN
    RETURN 'INVALID_QUANTITY';
  END IF;
  IF reservation.status IN ('SETTLED', 'RELEASED') AND reservation.settled_quantity = p_quantity THEN
    RETURN 'SETTLED';
  END IF;
  IF reservation.status <> 'OPEN' OR reservation.expires_at <= p_now THEN
    RETURN 'CLOSED';
  END IF;

  UPDATE usage_reservations SET settled_quantity = p_quantity, closed_at = p_now,
    status = CASE p_quantity WHEN 0 THEN 'RELEASED'::reservation_status ELSE 'SETTLED'::reservation_status END WHERE id = p_id;
  UPDATE usage_tracking SET reserved = reserved - reservation.quantity
    WHERE user_id = payer AND feature_key = reservation.feature_key AND period_start = reservation.period_start
    RETURNING * INTO counter;
  IF p_quantity > 0 THEN
    INSERT INTO usage_events (user_id, feature_key, period_start, quantity, occurred_at, counted_at, key)
      VALUES (payer, reservation.feature_key, reservation.period_start, p_quantity, reservation.reserved_at, p_now, p_id::text);
    PERFORM move_counter(payer, reservation.feature_key, reservation.period_start, counter.period_end,
      date_trunc('hour', reservation.reserved_at, 'UTC'), p_quantity);
  END IF;
  IF counter.period_end > p_now THEN
    SELECT * INTO allowed FROM allowance(payer, p_is_admin, reservation.feature_key, p_now, p_grace_days);
    PERFORM tell_usage(payer, reservation.feature_key, counter.used + counter.reserved + reservation.quantity,
      counter.used + counter.reserved + p_quantity, allowed."limit", p_now);
  END IF;
  RETURN 'SETTLED';
END $$;
--> statement-breakpoint

-- Gives back what ran out in one counter, and tells when that made room.
CREATE FUNCTION expire_counter(p_user uuid, p_feature text, p_period_start timestamptz, p_now timestamptz, p_grace_days int)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  counter usage_tracking%ROWTYPE;
  allowed record;
BEGIN
  PERFORM lock_usage(p_user);
  SELECT * INTO counter FROM usage_tracking WHERE user_id = p_user AND feature_key = p_feature AND period_start = p_period_start;
  IF counter.next_expiry IS NULL OR counter.next_expiry > p_now THEN
    RETURN;
  END IF;
  SELECT * INTO allowed FROM allowance(p_user, false, p_feature, p_now, p_grace_days);
  PERFORM tell_usage(p_user, p_feature, counter.used + counter.reserved,
    counter.used + expire_reservations(p_user, p_feature, p_period_start, p_now),
    CASE WHEN counter.period_end > p_now THEN allowed."limit" END, p_now);
END $$;
--> statement-breakpoint

-- Sees that there is a partition of usage_events for each of these months, `p_months` from that of `p_from` on, and for
-- each in which something came in before it was made: that is moved into it.
CREATE FUNCTION make_usage_months(p_from timestamptz, p_months int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first_month timestamp := date_trunc('month', p_from AT TIME ZONE 'UTC');
  month timestamp;
  opens timestamptz;
  closes timestamptz;
  partition text;
BEGIN
  FOR month IN
    SELECT generate_series(first_month, first_month + (p_months - 1) * interval '1 month', interval '1 month')
    UNION SELECT date_trunc('month', counted_at AT TIME ZONE 'UTC') FROM usage_events_default
  LOOP
    opens := month AT TIME ZONE 'UTC';
    closes := (month + interval '1 month') AT TIME ZONE 'UTC';
    partition := 'usage_events_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass(partition) IS NOT NULL;
    LOCK TABLE usage_events IN ACCESS EXCLUSIVE MODE;
    CONTINUE WHEN to_regclass(partition) IS NOT NULL; -- somebody else was first
    EXECUTE format('CREATE TABLE %I (LIKE usage_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format('WITH moved AS (DELETE FROM usage_events_default WHERE counted_at >= %L AND counted_at < %L RETURNING *)
      INSERT INTO %I SELECT * FROM moved', opens, closes, partition);
    EXECUTE format('ALTER TABLE usage_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, opens, closes);
  END LOOP;
END $$;
--> statement-breakpoint

-- Drops the months of usage_events that ended at or before an instant. Gives how many.
CREATE FUNCTION drop_usage_months(p_before timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  partition text;
  dropped int := 0;
BEGIN
  FOR partition IN
    SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'usage_events'::regclass AND child.relname ~ '^usage_events_\d{4}_\d{2}$'
      AND (to_date(right(child.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') AT TIME ZONE 'UTC' <= p_before
  LOOP
    EXECUTE format('DROP TABLE %I', partition);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
--> statement-breakpoint
SELECT make_usage_months(now(), 3);
--> statement-breakpoint

-- A session plans these statements once, perhaps while the tables are empty and reading them whole is cheapest; that
-- plan would be kept while they grow, until somebody analyses them. By index it is right at every size.
ALTER FUNCTION standings(uuid[], boolean[], text[], timestamptz, int) SET enable_seqscan = off;
--> statement-breakpoint
ALTER FUNCTION record_usage(jsonb, timestamptz, int) SET enable_seqscan = off;
--> statement-breakpoint
ALTER FUNCTION reserve_usage(uuid, uuid, text, boolean, text, bigint, timestamptz, text, timestamptz, int) SET enable_seqscan = off;
--> statement-breakpoint
ALTER FUNCTION settle_usage(uuid, bigint, boolean, timestamptz, int) SET enable_seqscan = off;
--> statement-breakpoint
ALTER FUNCTION expire_counter(uuid, text, timestamptz, timestamptz, int) SET enable_seqscan = off;
--> statement-breakpoint

-- Whoever counts must not wait for whoever waits for a lock on all months: the next hour tries again.
ALTER FUNCTION make_usage_months(timestamptz, int) SET lock_timeout = '1s';
