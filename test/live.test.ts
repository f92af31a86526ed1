import { expect } from "vitest";
import { startTestApp, test } from "./support/app.js";
import { endConnections } from "./support/database.js";
import { quiet } from "./support/quiet.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const subscriptionChanges = `subscription { currentSubscriptionUpdated {
  previousStatus cause occurredAt subscription { status tier { slug } cancelsAt } customer { externalId } } }`;
const entitlementChanges = `subscription { entitlementsChanged { cause entitlements { id source feature { key } } } }`;

test("buying is told once as a change of the subscription and once as one of the entitlements", async ({ app }) => {
  const ada = app.person("ada");
  const [changes, entitlements] = [await ada.subscribe(subscriptionChanges), await ada.subscribe(entitlementChanges)];
  await ada.buy("professional");
  expect((await changes.next()).data.currentSubscriptionUpdated).toEqual({
    previousStatus: null,
    cause: "CUSTOMER",
    occurredAt: expect.stringMatching(/Z$/),
    subscription: { status: "ACTIVE", tier: { slug: "professional" }, cancelsAt: null },
    customer: { externalId: "ada" },
  });
  const { entitlements: changed } = (await entitlements.next()).data.entitlementsChanged;
  expect(changed.map(({ feature }: { feature: { key: string } }) => feature.key)).toEqual([
    "guests",
    "scenes_basic",
    "scenes_premium",
    "usage_analytics",
    "streaming_minutes",
    "recording_minutes",
  ]);

  // Ten more events of the same purchase are on their way; none of them changes anything.
  await quiet(app);
  expect(changes.waiting).toEqual([]);
  expect(entitlements.waiting).toEqual([]);
});

test("a pushed entitlement has the ID of the one that was read, so that a cache updates by itself", async ({ app }) => {
  const bea = app.person("bea");
  const { entitlement } = await bea.ask('{ entitlement(feature: "guests") { id } }');
  const stream = await bea.subscribe(entitlementChanges);
  await bea.buy("starter");
  const { entitlements } = (await stream.next()).data.entitlementsChanged;
  expect(entitlements[0].id).toBe(entitlement.id);
});

test("nobody hears of somebody else's changes", async ({ app }) => {
  const stranger = await app.person("stranger").subscribe(subscriptionChanges);
  const cleo = app.person("cleo");
  const own = await cleo.subscribe(subscriptionChanges);
  await cleo.buy("starter");
  await own.next();
  expect(stranger.waiting).toEqual([]);
});

test("what was missed while the database's connection was broken is made up by reading again", async () => {
  const { app, stop } = await startTestApp();
  const dora = await app.customerOn("starter");
  await quiet(app);
  const stream = await dora.subscribe(subscriptionChanges);
  // A change that no NOTIFY tells of, as if it had been committed while nobody listened.
  await app.connection.db.execute(
    "update subscriptions set cancels_at = current_period_end, updated_at = updated_at + interval '1 s'",
  );
  await endConnections(app.config.database.url, "billing-live");
  expect((await stream.next()).data.currentSubscriptionUpdated).toMatchObject({
    subscription: { status: "ACTIVE", cancelsAt: expect.any(String) },
  });
  await stop();
});

test("a broken connection makes nobody hear of what they know", async () => {
  const { app, stop } = await startTestApp();
  const eli = await app.customerOn("starter");
  await quiet(app);
  const stream = await eli.subscribe(subscriptionChanges);
  // Stripe repeats itself: the subscription is read and written again, and is the same.
  const { data } = await app.stripe.events.list({ type: "customer.subscription.created" });
  await app.connection.db.execute("delete from webhook_events");
  await app.control("POST", `/sandbox/events/${data[0]?.id}/resend`, {});
  await quiet(app);
  await endConnections(app.config.database.url, "billing-live");
  await until("it listens again", async () => {
    const listening =
      "select 1 from pg_stat_activity where application_name = 'billing-live' and datname = current_database()";
    return (await app.connection.db.execute(listening)).length > 0;
  });
  const [subscription] = (await app.stripe.subscriptions.list()).data;
  await app.stripe.subscriptions.update(String(subscription?.id), { cancel_at_period_end: true });
  expect((await stream.next()).data.currentSubscriptionUpdated.subscription.cancelsAt).not.toBeNull();
  await stop();
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
