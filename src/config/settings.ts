import { developmentValues } from "./development.js";

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
  {
    name: "JWT_SECRET",
    description: "Key of the HS256 tokens that your product signs, at least 32 bytes: `openssl rand -base64 48`.",
    default: null,
    developmentDefault: developmentValues.jwtSecret,
    example: "(openssl rand -base64 48)",
    requiredInProduction: true,
  },
  {
    name: "JWT_ISSUER",
    description: "What `iss` must be in every token.",
    default: null,
    developmentDefault: developmentValues.jwtIssuer,
    example: "https://auth.example.com",
    requiredInProduction: true,
  },
  {
    name: "JWT_AUDIENCE",
    description: "What `aud` must be, or contain, in every token.",
    default: null,
    developmentDefault: developmentValues.jwtAudience,
    example: "billing",
    requiredInProduction: true,
  },
  {
    name: "JWT_CLOCK_TOLERANCE_SECONDS",
    description: "How far the clock of the token's issuer may be off.",
    default: "5",
    example: "5",
    requiredInProduction: false,
  },
  {
    name: "BILLING_ACCOUNT_CLAIM",
    description: "The claim that names who pays. `sub` bills persons; `org_id`, say, bills organisations.",
    default: "sub",
    example: "org_id",
    requiredInProduction: false,
  },
  {
    name: "BILLING_MANAGER_CLAIM",
    description:
      "Who may manage billing: `name` (the claim must be true) or `name=value` (it must be, or contain, the value). Required when BILLING_ACCOUNT_CLAIM is not `sub`.",
    default: null,
    example: "org_role=owner",
    requiredInProduction: false,
  },
  {
    name: "ROLES_CLAIM",
    description: "The claim with the roles of the caller: a list, or words in one string.",
    default: "roles",
    example: "roles",
    requiredInProduction: false,
  },
  {
    name: "ADMIN_ROLE",
    description:
      "The role that makes an administrator of this service. Never plain `admin`: products give that to their tenants.",
    default: "billing:admin",
    example: "billing:admin",
    requiredInProduction: false,
  },
  {
    name: "SERVICE_ROLE",
    description: "The role of your own backend services.",
    default: "billing:service",
    example: "billing:service",
    requiredInProduction: false,
  },
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
    name: "CORS_ORIGINS",
    description: "Origins, separated by commas, whose pages may call this API from a browser. None unless set.",
    default: null,
    example: "https://app.example.com",
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
    name: "WORKER",
    description: "`true` or `false`: whether this process also runs the background jobs.",
    default: "true",
    example: "true",
    requiredInProduction: false,
  },
  {
    name: "SHUTDOWN_TIMEOUT_SECONDS",
    description: "How long requests and jobs may take to finish after SIGTERM.",
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

/** The text of `.env.example`: what must be set stands there empty, the rest as a comment with its default. */
export function renderEnvExample(): string {
  const entries: readonly Setting[] = settings;
  const intro = "# Settings of Atlantiplex Billing. Copy to .env; `npm run dev` needs none of them.\n";
  return [intro, ...entries.map(renderEntry)].join("\n");
}

function renderEntry(setting: Setting): string {
  const { name, description, example } = setting;
  const notes = [
    setting.requiredInProduction ? "Required in production." : "",
    setting.default === null || setting.requiredInProduction ? `Example: ${example}` : "",
    setting.developmentDefault === undefined || setting.requiredInProduction
      ? ""
      : `Default outside production: ${setting.developmentDefault}`,
  ].filter((note) => note !== "");
  const assignment = setting.requiredInProduction ? `${name}=` : `# ${name}=${setting.default ?? ""}`;
  return `${[description, ...notes].map((line) => `# ${line}`).join("\n")}\n${assignment}\n`;
}

/** The README's table of settings, in Markdown; a test compares the two. */
export function renderSettingsTable(): string {
  const entries: readonly Setting[] = settings;
  const head = ["| Setting | What it is | Default | In production |", "| --- | --- | --- | --- |"];
  return [...head, ...entries.map(renderRow)].join("\n");
}

function renderRow(setting: Setting): string {
  const { name, description, default: otherwise, developmentDefault = otherwise } = setting;
  const cells = [`\`${name}\``, description, asCode(developmentDefault), productionCell(setting)];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function productionCell(setting: Setting): string {
  if (setting.requiredInProduction) return "**required**";
  if (setting.inProduction) return setting.inProduction;
  return setting.developmentDefault === undefined ? "the same" : asCode(setting.default);
}

function asCode(value: string | null): string {
  return value === null ? "none" : `\`${value}\``;
}
