import { expect, test } from "vitest";
import { readDevelopmentIdentity } from "../src/config.js";
import { ada, authenticate, bearer, byPerson, expectRefusal } from "./support/authenticate.js";

const byOrganisation = readDevelopmentIdentity({
  BILLING_ACCOUNT_CLAIM: "org_id",
  BILLING_MANAGER_CLAIM: "org_role=owner",
});

test("roles come as a list or as words, and only the configured ones count", async () => {
  const rolesOf = async (roles: unknown) => [...((await authenticate(bearer({ ...ada, roles })))?.roles ?? [])].sort();
  expect(await rolesOf(["billing:admin"])).toEqual(["ADMIN", "CUSTOMER"]);
  expect(await rolesOf("openid billing:admin")).toEqual(["ADMIN", "CUSTOMER"]);
  expect(await rolesOf(["billing:service"])).toEqual(["SERVICE"]);
  expect(await rolesOf(["billing:service", "billing:admin"])).toEqual(["ADMIN", "SERVICE"]);
  for (const none of [
    undefined,
    null,
    [],
    "",
    "admin",
    ["admin", "ADMIN"],
    ["billing:admin billing:service"],
    [["billing:admin"]],
    "billing:administrator",
  ]) {
    expect(await rolesOf(none)).toEqual(["CUSTOMER"]);
  }
});

test.each([
  ["a plain key", "roles", { roles: ["billing:admin"] }],
  ["an address for a name", "https://example.com/roles", { "https://example.com/roles": ["billing:admin"] }],
  ["a key with dots of its own", "realm.roles", { "realm.roles": ["billing:admin"] }],
  ["a path into an object", "app_metadata.roles", { app_metadata: { roles: ["billing:admin"] } }],
  ["a long path", "a.b.c.roles", { a: { b: { c: { roles: "billing:admin" } } } }],
  ["a path through a key with dots", "access.my.app.roles", { access: { "my.app": { roles: ["billing:admin"] } } }],
  [
    "a path below an address",
    "https://example.com/app.roles",
    { "https://example.com/app": { roles: ["billing:admin"] } },
  ],
])("roles are found under %s", async (_what, name, claims) => {
  const identity = readDevelopmentIdentity({ ROLES_CLAIM: name });
  expect((await authenticate(bearer({ ...ada, ...claims }), identity))?.roles).toContain("ADMIN");
});

test("a key as it stands goes before a path, even when there is nothing in it", async () => {
  const identity = readDevelopmentIdentity({ ROLES_CLAIM: "app.roles" });
  const claims = { "app.roles": [], app: { roles: ["billing:admin"] } };
  expect((await authenticate(bearer({ ...ada, ...claims }), identity))?.roles).toEqual(new Set(["CUSTOMER"]));
});

test.each([
  "constructor",
  "constructor.name",
  "__proto__",
  "__proto__.constructor",
  "roles.length",
  "roles.0",
  "roles.at",
  "email.length",
  "sub.0",
  ".",
  "..",
  "app..roles",
])("what every object, list or text has is no claim: %s", async (name) => {
  const identity = readDevelopmentIdentity({ ROLES_CLAIM: name, ADMIN_ROLE: "billing:admin" });
  const claims = { roles: ["billing:admin"], email: "billing:admin", app: { roles: ["billing:admin"] } };
  expect((await authenticate(bearer({ ...ada, ...claims }), identity))?.roles).toEqual(new Set(["CUSTOMER"]));
});

test("payer and manager may be nested too", async () => {
  const identity = readDevelopmentIdentity({ BILLING_ACCOUNT_CLAIM: "o.id", BILLING_MANAGER_CLAIM: "o.rol=admin" });
  const viewer = (o: unknown) => authenticate(bearer({ ...ada, o }), identity);
  expect(await viewer({ id: "org_1", rol: "admin" })).toMatchObject({ payerId: "org_1", canManageBilling: true });
  expect(await viewer({ id: "org_1", rol: "member" })).toMatchObject({ payerId: "org_1", canManageBilling: false });
  for (const o of [undefined, null, "org_1", [{ id: "org_1" }], { rol: "admin" }, { id: null }])
    await expectRefusal("claims", bearer({ ...ada, o }), identity, /`o\.id`/);
});

test("an organisation pays for its people, and only its managers manage billing", async () => {
  const viewer = (claims: object) => authenticate(bearer({ ...ada, org_id: "org_1", ...claims }), byOrganisation);
  expect(await viewer({ org_role: "owner" })).toMatchObject({
    subject: "ada",
    payerId: "org_1",
    canManageBilling: true,
  });
  expect(await viewer({ org_role: ["member", "owner"] })).toMatchObject({ canManageBilling: true });
  for (const role of [undefined, "member", "owners", "owner member", ["member"], true, { owner: true }]) {
    expect(await viewer({ org_role: role })).toMatchObject({ payerId: "org_1", canManageBilling: false });
  }
});

test("a manager claim without a value must be true, not merely there", async () => {
  const identity = readDevelopmentIdentity({ BILLING_MANAGER_CLAIM: "pays" });
  const manages = async (pays: unknown) => (await authenticate(bearer({ ...ada, pays }), identity))?.canManageBilling;
  expect(await manages(true)).toBe(true);
  for (const value of [undefined, false, "true", 1, [true], {}]) expect(await manages(value)).toBe(false);
});

test("whoever has no payer is refused by the claim's name, unless a service or an administrator", async () => {
  await expectRefusal("claims", bearer(ada), byOrganisation, /`org_id`/);
  for (const malformed of ["", 7, ["org_1"], { id: "org_1" }, "o".repeat(201)]) {
    await expectRefusal("claims", bearer({ ...ada, org_id: malformed }), byOrganisation, /`org_id`/);
    await expectRefusal(
      "claims",
      bearer({ ...ada, org_id: malformed, roles: ["billing:admin"] }),
      byOrganisation,
      /`org_id`/,
    );
  }
  expect(await authenticate(bearer({ ...ada, roles: ["billing:admin"] }), byOrganisation)).toMatchObject({
    payerId: null,
    roles: new Set(["ADMIN"]),
    canManageBilling: true,
  });
  expect(await authenticate(bearer({ ...ada, roles: ["billing:service"] }), byOrganisation)).toMatchObject({
    payerId: null,
    roles: new Set(["SERVICE"]),
    canManageBilling: false,
  });
});

test("a service is nobody's customer, whatever else its token says", async () => {
  const service = { ...ada, sub: "studio", roles: ["billing:service"], org_id: "org_1", org_role: "owner" };
  for (const identity of [byPerson, byOrganisation]) {
    expect(await authenticate(bearer(service), identity)).toMatchObject({
      subject: "studio",
      payerId: null,
      canManageBilling: false,
    });
  }
});

test("what is only for people to read is left out when malformed", async () => {
  for (const value of [null, 7, ["a@example.com"], { at: "example.com" }, " ", "a".repeat(321), "a\u0000"]) {
    expect(await authenticate(bearer({ ...ada, email: value, name: value }))).toMatchObject({
      email: null,
      name: null,
    });
  }
});
