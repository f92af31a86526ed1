import type { z } from "zod";
import { type Setting, type SettingName, settings } from "./settings.js";
import type { Mode } from "./values.js";

/** Environment variables as the operating system gives them. An empty value means unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One thing wrong with the environment. */
export interface ConfigFault {
  readonly variable: SettingName;
  /** Completes "VARIABLE ...". Never holds any part of the value. */
  readonly problem: string;
  readonly example: string;
}

/** Says everything that is wrong with the environment at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly faults: readonly ConfigFault[]) {
    const lines = faults.map(
      ({ variable, problem, example }) => `  ${variable} ${problem}.\n    Example: ${variable}=${example}`,
    );
    super(`${faults.length === 1 ? "A setting is" : `${faults.length} settings are`} wrong:\n${lines.join("\n")}`);
  }
}

/** A demand on more than one variable, or of one command: what is wrong, or null. The example is the setting's own unless given. */
export type Rule = (env: Environment) => { variable: SettingName; problem: string; example?: string } | null;

/** The mode that NODE_ENV asks for. A misspelt one is judged as production, besides being a fault. */
export function modeOf(env: Environment): Mode {
  const { NODE_ENV: mode } = env;
  return mode === "development" || mode === "test" ? mode : "production";
}

/** Whether the variable has a value that is not empty. */
export function isSet(env: Environment, variable: SettingName): boolean {
  return (env[variable] ?? "") !== "";
}

/** Parses what the schema names, with the mode's defaults, or throws a ConfigError with every fault: at most one per variable. */
export function parse<Schema extends z.ZodObject>(
  env: Environment,
  mode: Mode,
  schema: Schema,
  rules: readonly Rule[],
): z.output<Schema> {
  const complete = withDefaults(env, mode);
  const result = schema.safeParse(complete);
  const problems = new Map<string, { problem: string; example?: string }>();
  for (const issue of result.error?.issues ?? []) {
    const variable = String(issue.path[0]);
    if (!problems.has(variable)) problems.set(variable, { problem: issue.message });
  }
  for (const rule of rules) {
    const broken = rule(complete);
    if (broken && !problems.has(broken.variable)) problems.set(broken.variable, broken);
  }
  if (result.success && problems.size === 0) return result.data;

  throw new ConfigError(
    settings.flatMap(({ name, example }) => {
      const found = problems.get(name);
      return found ? [{ variable: name, problem: found.problem, example: found.example ?? example }] : [];
    }),
  );
}

function withDefaults(env: Environment, mode: Mode): Environment {
  const entries: readonly Setting[] = settings;
  return Object.fromEntries(
    entries.map((setting) => {
      const fallback = mode === "production" ? setting.default : (setting.developmentDefault ?? setting.default);
      return [setting.name, env[setting.name] || (fallback ?? undefined)];
    }),
  );
}
