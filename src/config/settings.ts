import { developmentValues } from "./development.js";
import { identitySettings } from "./identity-settings.js";
import { lifeSettings } from "./life-settings.js";
import { rateLimitSettings } from "./rate-limit-settings.js";

/** Everything there is to know about one environment variable, save how it is parsed (`values.ts`). */
export interface Setting {
  readonly name: string;
  /** One or two sentences for operators. */
  readonly description: string;
  /** What an unset variable means; null when there is no such meaning. */
  readonly default: string | null;
  /** The same outside production; where absent, `default` holds there too. */
  readonly developmentDefault?: string;
  /** A value that shows the form. Never one that works, for secrets. */
  readonly example: string;
  /** Production does not start without it. */
  readonly requiredInProduction: boolean;
  /** Any of these makes up for it where it is required. */
  readonly standIns?: readonly string[];
  /** What production makes of it, where that is not simply to use it. */
  readonly inProduction?: "refused" | "not used";
}

/**
 * Every setting of the service, in the order of `.env.example` and of the README's table.
 *
 * The single source of names, defaults and examples: parsing and fault messages read it, and a test
 * compares `.env.example` with it.
 */
export const settings = [
  {
    name: "NODE_ENV",
    description: "`production`, `development` or `test`. Unset means production.",
    default: "production",
    example: "production",
    requiredInProduction: false,
  },
  {
    name: "HOST",
    description: "Address to listen on. Outside production only this machine can reach it by default.",
    default: "0.0.0.0",
    developmentDefault: "127.0.0.1",
    example: "0.0.0.0",
    requiredInProduction: false,
  },
  {
    name: "PORT",
    description: "Port to listen on. 0 (any free one) is for development and tests.",
    default: "4000",
    example: "4000",
    requiredInProduction: false,
  },
  {
    name: "LOG_LEVEL",
    description: "`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.",
    default: "info",
    example: "info",
    requiredInProduction: false,
  },
  {
    name: "DATABASE_URL",
    description: "Postgres to keep everything in. `npm run dev` starts one of its own when this is unset.",
    default: null,
    example: "postgres://billing:PASSWORD@db.example.com:5432/billing",
    requiredInProduction: true,
  },
  {
    name: "DATABASE_POOL_SIZE",
    description: "Connections of one process to Postgres for queries.",
    default: "10",
    example: "10",
    requiredInProduction: false,
  },
  {
    name: "LOCK_POOL_SIZE",
    description:
      "Further connections that hold customers' locks: how many customers one process changes at the same time.",
    default: "8",
    example: "8",
    requiredInProduction: false,
  },
  {
    name: "STRIPE_SECRET_KEY",
    description:
      "Stripe's secret or restricted key. Development refuses live keys; `npm run dev` runs the local sandbox when this is unset.",
    default: null,
    example: "sk_test_...",
    requiredInProduction: true,
  },
  {
    name: "STRIPE_WEBHOOK_SECRET",
    description: "Signing secret of the webhook endpoint. List the new and the old one, with a comma, while rotating.",
    default: null,
    example: "whsec_...",
    requiredInProduction: true,
  },
  {
    name: "STRIPE_API_BASE",
    description: "Another address for Stripe's API, such as the sandbox's. Refused in production.",
    default: null,
    example: "http://127.0.0.1:12111",
    requiredInProduction: false,
    inProduction: "refused",
  },
  {
    name: "STRIPE_TIMEOUT_SECONDS",
    description: "How long one call to Stripe may take.",
    default: "10",
    example: "10",
    requiredInProduction: false,
  },
  {
    name: "BILLING_CLOCK_URL",
    description:
      "Where to read the billing clock, so that time can be moved and what falls due be seen at once. Refused in production.",
    default: null,
    example: "http://127.0.0.1:12111/sandbox/clock",
    requiredInProduction: false,
    inProduction: "refused",
  },
  ...identitySettings,
  {
    name: "RETURN_URL_ORIGINS",
    description:
      "Origins, separated by commas, that customers may be sent back to from Stripe's pages. Production needs https.",
    default: null,
    developmentDefault: developmentValues.returnUrlOrigins,
    example: "https://app.example.com",
    requiredInProduction: true,
  },
  {
    name: "PUBLIC_URL",
    description:
      "Where this service is reached from outside. `npm run catalog -- push` lets Stripe send its webhooks there; it leaves them alone when this is unset.",
    default: null,
    example: "https://billing.example.com",
    requiredInProduction: false,
  },
  {
    name: "CORS_ORIGINS",
    description: "Origins, separated by commas, whose pages may call this API from a browser. None unless set.",
    default: null,
    example: "https://app.example.com",
    requiredInProduction: false,
  },
  {
    name: "TRUST_PROXY",
    description:
      "Whose word about a visitor's address and country is believed: `true` for whoever connects, when only your proxy can; or the proxies' addresses and CIDR ranges, separated by commas.",
    default: "false",
    example: "10.0.0.0/8,fd00::/8",
    requiredInProduction: false,
  },
  {
    name: "GEO_COUNTRY_HEADER",
    description:
      "The header in which a trusted proxy names the visitor's country, such as `cf-ipcountry`, `x-vercel-ip-country` or `cloudfront-viewer-country`: it picks the currency of the price list. None is read unless set.",
    default: null,
    example: "cf-ipcountry",
    requiredInProduction: false,
  },
  {
    name: "INTROSPECTION",
    description: "`true` or `false`: whether clients may read the schema.",
    default: "false",
    developmentDefault: "true",
    example: "false",
    requiredInProduction: false,
  },
  {
    name: "METRICS_TOKEN",
    description:
      "The bearer token, of at least 16 characters, that reads Prometheus metrics at `/metrics`. Nothing is served there unless set.",
    default: null,
    example: "(openssl rand -hex 32)",
    requiredInProduction: false,
  },
  {
    name: "WORKER",
    description: "`true` or `false`: whether this process also runs the background jobs.",
    default: "true",
    example: "true",
    requiredInProduction: false,
  },
  {
    name: "OPERATION_TIMEOUT_SECONDS",
    description: "How long a request may take to arrive, and then to be answered.",
    default: "10",
    example: "10",
    requiredInProduction: false,
  },
  ...rateLimitSettings,
  ...lifeSettings,
  {
    name: "USAGE_RETENTION_MONTHS",
    description:
      "How many whole months the single events of use are kept, beside the one that runs. Counters and histories stay.",
    default: "13",
    example: "13",
    requiredInProduction: false,
  },
  {
    name: "WEBHOOK_PAYLOAD_RETENTION_DAYS",
    description:
      "How many days the bodies of Stripe's events are kept; they have names and addresses in them. What became of each event stays.",
    default: "30",
    example: "30",
    requiredInProduction: false,
  },
  {
    name: "RECONCILE_NIGHTLY",
    description:
      "What happens at 03:10 UTC: `report` compares all records with Stripe's, `repair` also brings ours in line, `off` does neither.",
    default: "report",
    example: "report",
    requiredInProduction: false,
  },
  {
    name: "RECONCILE_REQUESTS_PER_SECOND",
    description: "How many requests a second such a comparison of all records, or an import, may send to Stripe.",
    default: "10",
    example: "10",
    requiredInProduction: false,
  },
  {
    name: "SHUTDOWN_DELAY_SECONDS",
    description:
      "How long after SIGTERM requests are still taken, while `/readyz` says no and each answer asks its client to connect elsewhere. As long as your load balancer takes to notice.",
    default: "1",
    developmentDefault: "0",
    example: "5",
    requiredInProduction: false,
  },
  {
    name: "SHUTDOWN_TIMEOUT_SECONDS",
    description: "How long requests and jobs may take to finish after SIGTERM, the delay included.",
    default: "10",
    example: "10",
    requiredInProduction: false,
  },
  {
    name: "DATA_DIR",
    description: "Only for `npm run dev`: where its Postgres keeps its data.",
    default: ".data",
    example: ".data",
    requiredInProduction: false,
    inProduction: "not used",
  },
  {
    name: "SANDBOX_PORT",
    description: "Only for `npm run dev`: port of the local Stripe sandbox.",
    default: "12111",
    example: "12111",
    requiredInProduction: false,
    inProduction: "not used",
  },
] as const satisfies readonly Setting[];

/** Name of an environment variable that the service knows. */
export type SettingName = (typeof settings)[number]["name"];
