import { expect } from "vitest";
import { type Environment, readDevelopmentIdentity } from "../src/config.js";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { authenticate, expectRefusal, sign } from "./support/authenticate.js";
import { sendGraphql } from "./support/graphql.js";
import { makeKey, type SigningKey, signWith, startIdentityProvider } from "./support/identity-provider.js";
import { secondsFromNow, signToken } from "./support/token.js";

const customers = "https://login.example/";
const staff = "https://staff.example/";
const [customersKey, staffKey] = [makeKey("RS256", "key"), makeKey("RS256", "key")];
const admin = { roles: ["billing:admin"] };

/** Customers and staff sign in at two identity providers, whose keys even have the same name. */
const test = base.extend<{ service: TestApp }>({
  service: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const [ofCustomers, ofStaff] = await Promise.all(
        [customersKey, staffKey].map((key) => startIdentityProvider(key)),
      );
      const environment = {
        JWT_ISSUER: customers,
        JWT_AUDIENCE: "billing",
        JWT_JWKS_URL: ofCustomers?.url ?? "",
        ADMIN_ISSUER: staff,
        ADMIN_AUDIENCE: "billing-admin",
        ADMIN_JWKS_URL: ofStaff?.url ?? "",
      };
      const { app, stop } = await startTestApp({ environment, worker: false });
      await use(app);
      await stop();
      await Promise.all([ofCustomers?.stop(), ofStaff?.stop()]);
    },
    { scope: "file" },
  ],
});

async function ask(service: TestApp, key: SigningKey, claims: object) {
  return sendGraphql(
    service.url,
    "{ viewer { id roles customer { id } } }",
    {},
    signWith(key, { sub: "ada", ...claims }),
  );
}

test("staff's tokens make administrators, who are nobody's customer", async ({ service }) => {
  const { data } = await ask(service, staffKey, { iss: staff, aud: "billing-admin", ...admin });
  expect(data.viewer).toMatchObject({ roles: ["ADMIN"], customer: null });
});

test("customers' tokens never make administrators, whatever roles they have", async ({ service }) => {
  const { data } = await ask(service, customersKey, { iss: customers, aud: ["billing", "billing-admin"], ...admin });
  expect(data.viewer.roles).toEqual(["CUSTOMER"]);
});

test.for([
  [
    "the customers' key for a token of the staff's issuer",
    customersKey,
    { iss: staff, aud: "billing-admin", ...admin },
  ],
  ["the staff's key for a token of the customers' issuer", staffKey, { iss: customers, aud: "billing" }],
  ["a staff's token for the customers' audience", staffKey, { iss: staff, aud: "billing", ...admin }],
  ["a customer's token for the staff's audience", customersKey, { iss: customers, aud: "billing-admin", ...admin }],
  ["a staff's token without the role", staffKey, { iss: staff, aud: "billing-admin" }],
  ["a staff's token with a service's role", staffKey, { iss: staff, aud: "billing-admin", roles: ["billing:service"] }],
  ["an issuer that only begins the same", staffKey, { iss: `${staff}x`, aud: "billing-admin", ...admin }],
] as const)("refused: %s", async ([, key, claims], { service }) => {
  expect((await ask(service, key, claims)).status).toBe(401);
});

test("the product's own secret does not sign for the staff's issuer", async ({ service }) => {
  const token = signToken(service.config, { sub: "eve", iss: staff, aud: "billing-admin", ...admin });
  expect((await sendGraphql(service.url, "{ viewer { id } }", {}, token)).status).toBe(401);
});

test("one issuer may have an audience for staff, and its people are customers too", async () => {
  const identity = identityBy({ ADMIN_AUDIENCE: "billing-admin" });
  const roles = async (aud: unknown) =>
    [...((await authenticate(own({ aud, ...admin }), identity))?.roles ?? [])].sort();
  expect(await roles("billing-admin")).toEqual(["ADMIN", "CUSTOMER"]);
  expect(await roles(["billing", "billing-admin"])).toEqual(["ADMIN", "CUSTOMER"]);
  expect(await roles("billing")).toEqual(["CUSTOMER"]);
  await expectRefusal("audience", own({ aud: "another", ...admin }), identity);
});

test("two issuers may share their keys, and each still has its own standing", async () => {
  const identity = identityBy({ ADMIN_ISSUER: staff });
  const viewer = (iss: string) => authenticate(own({ iss, ...admin }), identity);
  expect(await viewer(staff)).toMatchObject({ roles: new Set(["ADMIN"]), payerId: null });
  expect(await viewer(customers)).toMatchObject({ roles: new Set(["CUSTOMER"]), payerId: "ada" });
});

test("where organisations pay, an administrator's role in a customer's token is nothing", async () => {
  const identity = identityBy({
    ADMIN_ISSUER: staff,
    BILLING_ACCOUNT_CLAIM: "org_id",
    BILLING_MANAGER_CLAIM: "org_role=owner",
  });
  await expectRefusal("claims", own({ ...admin }), identity, /org_id/);
  expect(await authenticate(own({ org_id: "org_1", ...admin }), identity)).toMatchObject({
    roles: new Set(["CUSTOMER"]),
    canManageBilling: false,
  });
  expect(await authenticate(own({ iss: staff, org_id: "org_1", ...admin }), identity)).toMatchObject({
    roles: new Set(["ADMIN"]),
    payerId: null,
  });
});

function identityBy(environment: Environment) {
  return readDevelopmentIdentity({ JWT_ISSUER: customers, JWT_AUDIENCE: "billing", ...environment });
}

/** A header with a token of the development secret, valid for the customers' issuer unless the claims say otherwise. */
function own(claims: object): string {
  return `Bearer ${sign({ sub: "ada", iss: customers, aud: "billing", exp: secondsFromNow(60), ...claims })}`;
}
