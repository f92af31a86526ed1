import { developmentToken } from "../auth/development-token.js";
import type { Config } from "../config.js";

/** What `npm run dev` found or started. */
export interface Started {
  readonly url: string;
  readonly config: Config;
  readonly database: string;
  /** Null when talking to Stripe itself. */
  readonly sandboxUrl: string | null;
  readonly seconds: number;
  /** What to say of the catalog. */
  readonly catalog: readonly string[];
}

/** What a developer wants to see first: where everything is, who they may be, and what to try. */
export function banner(started: Started): string {
  const { url, config, sandboxUrl, seconds } = started;
  const customer = developmentToken(config, { sub: "ada", email: "ada@example.com", name: "Ada", ...payerOf(config) });
  return `
Atlantiplex Billing is running (ready in ${seconds.toFixed(1)} s). Ctrl-C stops everything.

  GraphQL    ${url}/graphql   (open it in a browser; live updates at ${url.replace("http", "ws")}/graphql)
  Webhooks   ${url}/webhooks/stripe
  Health     ${url}/healthz   ${url}/readyz
  Stripe     ${sandboxUrl ? `${sandboxUrl}   (local sandbox: no money moves)` : "Stripe itself, in test mode"}
  Database   ${started.database}
${started.catalog.map((line) => `  ${line}`).join("\n")}

A customer's token (ada), good for a day; send it as \`Authorization: Bearer …\`:
${customer}

An admin's token (grace):
${adminToken(config)}

Three things to try:
  1. The price list, in the browser at ${url}/graphql:
       { tiers { name price { id unitAmount { formatted } } features { feature { name } isIncluded limit } } }
  2. The whole way from price list to paid subscription, told step by step, in a second terminal:
       npm run tour
  3. ${lastTry(sandboxUrl)}
`;
}

function lastTry(sandboxUrl: string | null): string {
  if (!sandboxUrl) return "A token for anybody else:\n       npm run token -- --sub bob --email bob@example.com";
  return `Let a day pass:
       curl -H 'content-type: application/json' -d '{"advance_seconds": 86400}' ${sandboxUrl}/sandbox/clock`;
}

/** Nobody here can sign for an issuer of administrators that has keys of its own. */
function adminToken(config: Config): string {
  if (config.admin?.jwksUrl) return `comes from ${config.admin.issuer}, as ADMIN_JWKS_URL is set`;
  return developmentToken(config, { sub: "grace", email: "grace@example.com", name: "Grace", role: "admin" });
}

/** Where organisations pay, a customer's token needs one. */
function payerOf({ claims }: Config): { payer?: string } {
  return claims.payer === "sub" ? {} : { payer: "acme" };
}
