import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { findPrice } from "./support/person.js";
import { apiRequests } from "./support/stripe.js";

const good = "https://good.example";

/** A service that sends customers back to one place alone. */
const test = base.extend<{ strict: TestApp }>({
  strict: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: { RETURN_URL_ORIGINS: good }, worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

/** Never seen by the rules: not an address that a browser goes to. */
const noUrls: Readonly<Record<string, string>> = {
  "a script": "javascript:alert(1)",
  "a script in capitals": "JaVaScRiPt:alert(1)//https://good.example",
  "a script behind a space": " javascript:alert(1)",
  "a script with a line break in it": "java\nscript:alert(1)",
  "a page in itself": "data:text/html,<script>alert(1)</script>",
  "a file": "file:///etc/passwd",
  "another scheme": "ftp://good.example/",
  "an app's link": "good://good.example/",
  "a scheme that is left out": "//evil.example/",
  "a scheme that is left out, with backslashes": "\\\\evil.example\\",
  "one slash": "https:/good.example/",
  "no slash": "https:good.example/",
  "a path": "/billing",
  nothing: "",
  "a host with a space": "https://good .example/",
  "a port that is none": "https://good.example:99999/",
  "a broken address": "https://[::1",
  "no host": "https://",
  "a page inside another scheme": "blob:https://good.example/1",
};

/** Addresses, and of somebody else. */
const elsewhere: Readonly<Record<string, string>> = {
  "another host": "https://evil.example/",
  "a good host as the user": "https://good.example@evil.example/",
  "a good host as user and password": "https://good.example:443@evil.example/",
  "a user at the good host": "https://user@good.example/",
  "a user and a password at the good host": "https://user:password@good.example/",
  "a password at the good host": "https://:password@good.example/",
  "another port": "https://good.example:8443/",
  http: "http://good.example/",
  "http on the port of https": "http://good.example:443/",
  "a host that begins like it": "https://good.example.evil.example/",
  "a host that ends like it": "https://notgood.example/",
  "a host under it": "https://www.good.example/",
  "the host's parent": "https://example/",
  "a trailing dot": "https://good.example./",
  "two trailing dots": "https://good.example../",
  "a backslash before the user": "https://evil.example\\@good.example/",
  "a backslash in place of a slash": "https:\\\\evil.example\\good.example",
  "the good host after a question mark": "https://evil.example?https://good.example",
  "the good host after a hash": "https://evil.example#https://good.example",
  "a letter of another alphabet": "https://g\u043e\u043ed.example/",
  "the same in ASCII": "https://xn--gd-emcc.example/",
  "an encoded host": "https://evil%2Eexample/",
  "an encoded at sign": "https://good.example%40evil.example/",
  "an address by number": "https://2130706433/",
};

/** The good place, however it is spelled. */
const allowed: Readonly<Record<string, string>> = {
  "the origin": "https://good.example",
  "a page there": "https://good.example/billing?tab=plan",
  "its usual port": "https://good.example:443/",
  capitals: "HTTPS://GOOD.EXAMPLE/Billing",
  "letters as wide as they are high": "https://\uff47ood.example/",
  "an encoded letter": "https://%67ood.example/",
  "a fragment": "https://good.example/#/billing?tab=plan",
  "another address in its query": "https://good.example/?next=https://evil.example/",
  "an at sign in its path": "https://good.example/@evil.example",
  "two slashes in its path": "https://good.example//evil.example",
  "dots in its path": "https://good.example/a/../../billing",
  "unicode in its path": "https://good.example/b\u00fccher/\u202egnp",
};

const checkout = `mutation ($input: CreateCheckoutSessionInput!) {
  createCheckoutSession(input: $input) { checkoutSession { id } userErrors { code path } } }`;
const portal = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { url userErrors { code path } } }`;

test.for(Object.keys(noUrls))("%s is no return URL", async (what, { strict }) => {
  for (const answer of await askBoth(strict, noUrls[what] ?? "")) {
    expect(answer.status).toBe(400);
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.message).toContain("Must be an absolute http or https URL, for example https://");
  }
  expect(await made(strict)).toEqual([]);
});

test.for(Object.keys(elsewhere))("customers are not sent to %s", async (what, { strict }) => {
  for (const answer of await askBoth(strict, elsewhere[what] ?? "")) {
    if (answer.status === 400) expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    else {
      const [payload] = Object.values<{ userErrors: unknown }>(answer.data);
      expect(payload?.userErrors).toEqual([{ code: "RETURN_URL_NOT_ALLOWED", path: ["input", "returnUrl"] }]);
    }
  }
  expect(await made(strict)).toEqual([]);
});

test("customers come back to the allowed place, however its address was spelled, and to nothing that hides in it", async ({
  strict,
}) => {
  for (const [what, url] of Object.entries({
    ...allowed,
    "a line break": "https://good.example/\r\nset-cookie: a=b",
  })) {
    const person = strict.person(`back to ${what}`);
    const priceId = await findPrice(strict, "starter");
    const answer = await person.ask(checkout, { input: { priceId, returnUrl: url } });
    expect(answer.createCheckoutSession, what).toMatchObject({ userErrors: [] });
    const [session] = (await strict.stripe.checkout.sessions.list({ limit: 1 })).data;
    expect(new URL(session?.success_url ?? "").origin, what).toBe(good);
    expect(session?.success_url, what).toMatch(/^https:\/\/good\.example\/[\x21-\x7e]*$/);
  }
});

test("a return URL has an end", async ({ strict }) => {
  for (const answer of await askBoth(strict, `${good}/${"a".repeat(2_000)}`)) {
    const [payload] = Object.values<{ userErrors: unknown }>(answer.data);
    expect(payload?.userErrors).toEqual([{ code: "INVALID_INPUT", path: ["input", "returnUrl"] }]);
  }
});

async function askBoth(app: TestApp, returnUrl: string) {
  const person = app.person("wanderer");
  const priceId = await findPrice(app, "starter");
  return [
    await person.graphql(checkout, { input: { priceId, returnUrl } }),
    await person.graphql(portal, { input: { returnUrl } }),
  ];
}

/** What Stripe was asked to make. */
async function made(app: TestApp): Promise<unknown[]> {
  return [
    ...(await apiRequests(app, "POST", "/v1/checkout/sessions")),
    ...(await apiRequests(app, "POST", "/v1/billing_portal/sessions")),
  ];
}
