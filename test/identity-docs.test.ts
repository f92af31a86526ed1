import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readViewer, type VerifiedClaims } from "../src/auth/claims.js";
import { type Config, readConfig } from "../src/config.js";
import { secondsFromNow } from "./support/token.js";

/** What else production needs. */
const others = {
  DATABASE_URL: "postgres://billing@db.example.com/billing",
  STRIPE_SECRET_KEY: "sk_live_51Abc",
  STRIPE_WEBHOOK_SECRET: "whsec_x",
  RETURN_URL_ORIGINS: "https://app.example.com",
};

const sections = new Map(
  readFileSync("docs/identity.md", "utf8")
    .split(/^## /m)
    .map((section) => [section.split("\n")[0] ?? "", section]),
);

test.each(["A secret of your own", "Auth0", "Clerk", "Supabase"])(
  "%s: the settings of the page start production, and the token of the page is a customer's",
  (name) => {
    const config = configOf(name);
    const claims = claimsOf(name);
    expect(claims["iss"]).toBe(config.jwt.issuer);
    expect([claims["aud"]].flat()).toContain(config.jwt.audience);
    const viewer = readViewer(claims, config.claims, "anybody");
    expect(viewer).toMatchObject({
      subject: claims["sub"],
      payerId: claims["sub"],
      roles: new Set(["CUSTOMER"]),
      canManageBilling: true,
      email: "ada@example.com",
    });
  },
);

test.each([
  ["A secret of your own", { roles: ["billing:admin"] }],
  ["Auth0", { permissions: ["billing:admin"] }],
  ["Clerk", { roles: ["billing:admin"] }],
  ["Supabase", { app_metadata: { roles: ["billing:admin"] } }],
])("%s: the role that the page speaks of makes an administrator", (name, roles) => {
  const viewer = readViewer({ ...claimsOf(name), ...roles }, configOf(name).claims, "anybody");
  expect(viewer.roles).toContain("ADMIN");
});

test.each([
  ["Auth0", { org_id: "org_1" }, { permissions: ["billing:manage"] }],
  ["Clerk", { org_id: "org_1", org_role: "org:member" }, { org_role: "org:admin" }],
  ["Supabase", { app_metadata: { team_id: "org_1" } }, { app_metadata: { team_id: "org_1", manages_billing: true } }],
])("%s: the settings for organisations bill them, and let only managers spend", (name, member, manager) => {
  const { claims: names } = configOf(name, settingsFor(name));
  const viewer = (claims: object) => readViewer({ ...claimsOf(name), ...claims }, names, "anybody");
  expect(viewer(member)).toMatchObject({ payerId: "org_1", canManageBilling: false });
  expect(viewer({ ...member, ...manager })).toMatchObject({ payerId: "org_1", canManageBilling: true });
  expect(() => viewer({})).toThrow(names.payer);
});

test("staff of an issuer of their own: the settings of the page start production", () => {
  expect(configOf("Staff").admin).toEqual({
    issuer: "https://staff.example.com/",
    audience: "https://billing.example.com/admin",
    jwksUrl: "https://staff.example.com/.well-known/jwks.json",
  });
});

function configOf(name: string, more: Record<string, string> = {}): Config {
  const lines = blockOf(name, "ini").matchAll(/^\s*([A-Z_]+)=(.*)$/gm);
  const settings = Object.fromEntries([...lines].map(([, key = "", value = ""]) => [key, value]));
  return readConfig({ ...others, ...settings, ...more });
}

/** The settings that a section names in passing: those of organisations. */
function settingsFor(name: string): Record<string, string> {
  const named = (sections.get(name) ?? "").matchAll(/`(BILLING_[A-Z_]+)=([^`]+)`/g);
  return Object.fromEntries([...named].map(([, key = "", value = ""]) => [key, value]));
}

function claimsOf(name: string): VerifiedClaims {
  const claims: VerifiedClaims = JSON.parse(blockOf(name, "json"));
  return { ...claims, exp: secondsFromNow(60) };
}

function blockOf(name: string, language: string): string {
  const [, block] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(sections.get(name) ?? "") ?? [];
  if (block === undefined) throw new Error(`docs/identity.md has no ${language} block under ${name}.`);
  return block;
}
