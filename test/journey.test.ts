import { expect } from "vitest";
import { test } from "./support/app.js";

test("a customer goes from the price list to a paid subscription", async ({ app }) => {
  const ada = app.person("ada");
  const { tiers } = await ada.ask("{ tiers { slug price { unitAmount { formatted } } } }");
  expect(tiers.map((tier: { slug: string }) => tier.slug)).toEqual(["free", "starter", "professional", "enterprise"]);

  const stream = await ada.subscribe(
    "subscription { entitlementsChanged { cause entitlements { id limit feature { key } } } }",
  );
  const { checkoutSession, userErrors } = await ada.checkout("professional");
  expect(userErrors).toEqual([]);
  const target = await ada.pay(checkoutSession.url);
  expect(target).toContain(`checkout_session=${checkoutSession.id}`);
  await stream.next().then(
    (e) => console.log(JSON.stringify(e)),
    async (e) => {
      console.log(
        app.logged.join("").slice(0, 6000),
        JSON.stringify(
          await app.connection.db.execute("select type, status, attempts, last_error, object_id from webhook_events"),
          null,
          0,
        ),
        JSON.stringify(await app.control("GET", "/sandbox/deliveries?limit=3")).slice(0, 1500),
      );
      throw e;
    },
  );
  await stream.close();
  console.log(
    JSON.stringify(
      await ada.ask(
        `query ($id: ID!) { checkoutSession(id: $id) { status subscription { status tier { slug } price { unitAmount { formatted } } customer { id email } } }
    viewer { id roles customer { id tier { slug } } } entitlements { source limit used hasAccess feature { key } }
    payments { totalCount nodes { status amount { formatted } method { brand last4 } invoice { number total { decimal } } } } invoices { nodes { number status lines { description amount { amount } } payments { id } } } }`,
        { id: checkoutSession.id },
      ),
    ),
  );
});
