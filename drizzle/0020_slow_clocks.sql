-- In which period an instant of a payer's use counts.
--
-- The subscription that runs then decides, else the last one before, else the first use: so a cancellation, a pause or
-- a grace neither starts a period nor ends one. A subscription's first period starts with it, whatever its anchor. A
-- trial is counted from its start, for its end may still be moved; its last period ends with it, and the next begins.
-- The present is never before a subscription began, nor before the first use: a clock that is slow, or was put back, must
-- not open a period before the first, with a quota of its own.
-- `closed_before`: what was used before that instant has been billed, or is about to be.
CREATE OR REPLACE FUNCTION usage_period(p_user uuid, p_at timestamptz, p_now timestamptz, OUT period_start timestamptz, OUT period_end timestamptz,
  OUT is_anchored boolean, OUT closed_before timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  s subscriptions%ROWTYPE;
  anchor timestamptz;
BEGIN
  SELECT * INTO s FROM subscriptions
    WHERE user_id = p_user AND (started_at <= p_at OR p_at = p_now) AND status NOT IN ('INCOMPLETE', 'INCOMPLETE_EXPIRED')
    ORDER BY (ended_at IS NULL OR ended_at > p_at) DESC, started_at DESC, id DESC LIMIT 1;
  IF NOT FOUND THEN
    SELECT first_used_at INTO anchor FROM users WHERE id = p_user;
    is_anchored := anchor IS NOT NULL;
    -- Of two first uses at once the later may come first, and clocks differ a little: neither must open a period before the first.
    IF p_at = p_now OR p_at BETWEEN anchor - interval '1 minute' AND anchor THEN
      p_at := greatest(p_at, anchor);
    END IF;
    SELECT step.period_start, step.period_end INTO period_start, period_end FROM usage_step(coalesce(anchor, p_at), 'month', p_at) AS step;
    RETURN;
  END IF;
  is_anchored := true;
  p_at := greatest(p_at, s.started_at);
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
