import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { type Answer, codesOf, readAnswer, sendGraphql } from "./support/graphql.js";
import { apiRequests } from "./support/stripe.js";
import { secondsFromNow, signToken } from "./support/token.js";

const register = 'mutation { registerCustomer(input: { name: "Eve" }) { customer { id } } }';

/** Authorization headers that are no credentials, by what is wrong with them. */
const bad: Readonly<Record<string, (app: TestApp) => string>> = {
  "an expired token": ({ config }) => bearer(signToken(config, { sub: "eve", exp: secondsFromNow(-60) })),
  "a token that is not valid yet": ({ config }) => bearer(signToken(config, { sub: "eve", nbf: secondsFromNow(60) })),
  "a token without an end": ({ config }) => bearer(signToken(config, { sub: "eve", exp: undefined })),
  "a token whose claims were changed": ({ config }) => {
    const [header, , signature] = signToken(config, { sub: "ada" }).split(".");
    const [, payload] = signToken(config, { sub: "eve" }).split(".");
    return bearer(`${header}.${payload}.${signature}`);
  },
  "a token signed with another key": ({ config }) => bearer(signToken(config, { sub: "eve" }, { key: "k".repeat(32) })),
  "an unsigned token": ({ config }) => bearer(signToken(config, { sub: "eve" }, { alg: "none", key: "" })),
  "a token that says HS512": ({ config }) => bearer(signToken(config, { sub: "eve" }, { alg: "HS512" })),
  "a token of another issuer": ({ config }) => bearer(signToken(config, { sub: "eve", iss: "https://evil.example" })),
  "a token for another audience": ({ config }) => bearer(signToken(config, { sub: "eve", aud: "another" })),
  "a token for nobody": ({ config }) => bearer(signToken(config, {})),
  garbage: () => "Bearer not.a.token",
  "an empty token": () => "Bearer ",
  "an empty header": () => "",
  "a password": () => `Basic ${Buffer.from("eve:password").toString("base64")}`,
  "a token without its scheme": ({ config }) => signToken(config, { sub: "eve" }),
};

test.for(Object.keys(bad))("%s is refused with 401, and nothing of the request is run", async (what, { app }) => {
  const authorization = bad[what]?.(app) ?? "";
  for (const query of [register, "{ tiers { id } }"]) {
    const answer = await ask(app, query, authorization);
    expect(answer.status).toBe(401);
    expect(codesOf(answer)).toEqual(["UNAUTHENTICATED"]);
    expect(answer.data).toBeUndefined();
    const token = authorization.split(" ").at(-1);
    if (token) expect(JSON.stringify(answer.errors)).not.toContain(token);
  }
  expect(await apiRequests(app, "POST", "/v1/customers")).toEqual([]);
});

test("a token that has just expired may be that of a clock that runs ahead", async ({ app }) => {
  const token = signToken(app.config, { sub: "ada", exp: secondsFromNow(-2) });
  const answer = await sendGraphql(app.url, "{ viewer { id } }", {}, token);
  expect(answer.data.viewer.id).toMatch(/^view_/);
});

test("without a token the caller is nobody: what is public is served, what is not is refused by the field", async ({
  app,
}) => {
  const answer = await app.graphql("{ tiers { slug } viewer { id } payments { totalCount } }");
  expect(answer.status).toBe(200);
  expect(answer.data).toMatchObject({
    tiers: expect.arrayContaining([{ slug: "starter" }]),
    viewer: null,
    payments: null,
  });
  expect(answer.errors).toEqual([
    {
      message: expect.any(String),
      path: ["payments"],
      locations: expect.any(Array),
      extensions: { code: "UNAUTHENTICATED" },
    },
  ]);
});

test("a token in the query, in the body or in a cookie is no token", async ({ app }) => {
  const token = signToken(app.config, { sub: "ada" });
  const response = await fetch(`${app.url}/graphql?access_token=${token}&token=${token}`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: `authorization=Bearer ${token}; token=${token}` },
    body: JSON.stringify({ query: "{ viewer { id } }", extensions: { authorization: `Bearer ${token}` } }),
  });
  expect((await readAnswer(response)).data).toEqual({ viewer: null });
});

test("the rights of one request are not those of the next", async ({ app }) => {
  const query = "{ viewer { id roles } }";
  const tokens = ["ada", "bob", "eve"].map((sub) => app.person(sub, sub === "bob" ? { role: "admin" } : {}).token);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) => sendGraphql(app.url, query, {}, tokens[index % 4])),
  );
  const seen = answers.map(({ data }) => data.viewer?.roles.join(" ") ?? "nobody");
  expect(seen).toEqual(
    Array.from({ length: 30 }, (_, index) => ["CUSTOMER", "ADMIN CUSTOMER", "CUSTOMER", "nobody"][index % 4]),
  );
});

function bearer(token: string): string {
  return `Bearer ${token}`;
}

async function ask(app: TestApp, query: string, authorization: string): Promise<Answer> {
  const headers = { "content-type": "application/json", authorization };
  return readAnswer(await fetch(`${app.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) }));
}
