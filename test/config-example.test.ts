import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  ConfigError,
  type Environment,
  readConfig,
  readDevConfig,
  renderEnvExample,
  type Setting,
  settings,
} from "../src/config.js";

test("every setting is in .env.example, and every line there is a setting", () => {
  const file = readFileSync(".env.example", "utf8");
  const names = [...file.matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map((match) => match[1]);
  expect(names).toEqual(settings.map(({ name }) => name));
  expect(file).toBe(renderEnvExample());
});

test(".env.example as it stands starts development, and production only once its gaps are filled", () => {
  const lines = readFileSync(".env.example", "utf8").matchAll(/^([A-Z_]+)=(.*)$/gm);
  const copied = Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  expect(readDevConfig(copied)).toMatchObject({ databaseUrl: null, stripeSecretKey: null });
  const all: readonly Setting[] = settings;
  const required = all.filter(({ requiredInProduction }) => requiredInProduction).map(({ name }) => name);
  expect(faultsOf(copied)).toEqual(required);
});

/** The settings at fault in production. */
function faultsOf(environment: Environment): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ variable }) => variable);
    throw error;
  }
  return [];
}
