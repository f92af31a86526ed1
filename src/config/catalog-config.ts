import { z } from "zod";
import { type Environment, modeOf, parse } from "./parse.js";
import { settingShape } from "./values.js";

/** What `npm run catalog` runs with: less than the service, as a first push comes before there is a webhook secret. */
export interface CatalogConfig {
  readonly stripe: { readonly secretKey: string; readonly apiBase: URL | null; readonly timeoutMs: number };
  /** Without a slash at the end; null: the webhook endpoints in Stripe are left alone. */
  readonly publicUrl: string | null;
}

/** What a push needs besides. */
export interface PushConfig extends CatalogConfig {
  readonly databaseUrl: string;
}

const ofStripe = {
  STRIPE_SECRET_KEY: true,
  STRIPE_API_BASE: true,
  STRIPE_TIMEOUT_SECONDS: true,
  PUBLIC_URL: true,
} as const;

/** The settings to compare a catalog with Stripe, or a ConfigError with every fault of theirs. */
export function readCatalogConfig(env: Environment): CatalogConfig {
  const mode = modeOf(env);
  return catalogConfig(parse(env, mode, z.object(settingShape(mode)).pick(ofStripe), []));
}

/** The settings to push a catalog, or a ConfigError with every fault of theirs. */
export function readPushConfig(env: Environment): PushConfig {
  const mode = modeOf(env);
  const schema = z.object(settingShape(mode)).pick({ DATABASE_URL: true, ...ofStripe });
  const values = parse(env, mode, schema, []);
  return { ...catalogConfig(values), databaseUrl: values.DATABASE_URL };
}

type Values = Pick<z.output<z.ZodObject<ReturnType<typeof settingShape>>>, keyof typeof ofStripe>;

function catalogConfig(values: Values): CatalogConfig {
  return {
    stripe: {
      secretKey: values.STRIPE_SECRET_KEY,
      apiBase: values.STRIPE_API_BASE ?? null,
      timeoutMs: values.STRIPE_TIMEOUT_SECONDS * 1000,
    },
    publicUrl: values.PUBLIC_URL ?? null,
  };
}
