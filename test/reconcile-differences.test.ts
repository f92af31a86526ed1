import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import { type Bought, planted } from "./reconcile-table.js";
import { type TestApp, test } from "./support/app.js";
import { reconcile, settled, stripeIdOf, unheard } from "./support/reconcile.js";

let people = 0;

async function bought(app: TestApp): Promise<Bought> {
  const sub = `planted-${++people}`;
  const person = await app.customerOn("professional", sub);
  await settled(app);
  return { app, person, userId: userIdOf(sub), customer: await stripeIdOf(app, sub) };
}

/** Everything that is kept of somebody. */
async function rowsOf({ app, userId }: Bought): Promise<unknown> {
  const tables = ["subscriptions", "invoices", "payments", "checkout_sessions"];
  const [own, ...others] = await Promise.all([
    app.connection.db.execute(sql`select * from users where id = ${userId}`),
    ...tables.map((table) =>
      app.connection.db.execute(sql`select * from ${sql.identifier(table)} where user_id = ${userId} order by id`),
    ),
  ]);
  return JSON.stringify([own, ...others]);
}

test.for(planted)("$what is told, and is gone after a repair", async ({ plant, kind, field, ...values }, { app }) => {
  const staff = app.person("root", { role: "admin" });
  const somebody = await bought(app);
  expect(await reconcile(staff, somebody.person.sub)).toMatchObject({ status: "FINISHED", differences: [] });
  await plant(somebody);
  const before = await rowsOf(somebody);

  const told = await reconcile(staff, somebody.person.sub);
  expect(told).toMatchObject({ status: "FINISHED", repair: false });
  expect(told.differences).toContainEqual({
    kind,
    field,
    ours: values.ours,
    theirs: values.theirs,
    stripeId: expect.stringMatching(/^(cus|sub|in|pi|cs)_/),
    isRepaired: false,
    customer: { externalId: somebody.person.sub },
  });
  expect(await rowsOf(somebody)).toEqual(before);

  const repaired = await reconcile(staff, somebody.person.sub, { repair: true });
  expect(repaired.differences.map(({ isRepaired: _, ...difference }) => difference)).toEqual(
    told.differences.map(({ isRepaired: _, ...difference }) => difference),
  );
  expect(repaired.differences.filter(({ isRepaired }) => !isRepaired)).toEqual([]);
  expect((await reconcile(staff, somebody.person.sub)).differences).toEqual([]);
});

test("what was paid while no event came is found as a whole, and the tier is in force after a repair", async ({
  app,
}) => {
  const staff = app.person("root", { role: "admin" });
  const ada = app.person("unheard");
  const { checkoutSession } = await ada.checkout("professional");
  await settled(app);
  await unheard(app, () => ada.pay(checkoutSession.url));
  const { differences } = await reconcile(staff, "unheard", { repair: true });
  const missing = differences.filter(({ field, ours }) => field === null && ours === null).map(({ kind }) => kind);
  expect(missing.toSorted()).toEqual(["invoice", "payment", "subscription"]);
  expect(differences).toContainEqual(expect.objectContaining({ kind: "checkout", field: "status", ours: "OPEN" }));
  expect(differences.filter(({ isRepaired }) => !isRepaired)).toEqual([]);
  expect(await ada.ask("{ currentSubscription { tier { slug } isEntitling } }")).toEqual({
    currentSubscription: { tier: { slug: "professional" }, isEntitling: true },
  });
});
