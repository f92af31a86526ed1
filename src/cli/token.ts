import { parseArgs } from "node:util";
import { type DevelopmentPerson, developmentToken } from "../auth/development-token.js";
import { DEVELOPMENT_JWT_SECRET, environment, readDevelopmentIdentity } from "../config.js";

const usage = `Usage: npm run token -- --sub ada [options]

  --sub NAME            the person or service that calls (required)
  --email ADDRESS       their e-mail address
  --name "FULL NAME"    their name
  --role admin|service  makes the token an administrator's or a service's
  --payer ID            who pays, where BILLING_ACCOUNT_CLAIM is not sub
  --expires-in SECONDS  how long it is valid, by default 86400 (a day)`;

try {
  const { person, expiresIn } = readArguments(process.argv.slice(2));
  const identity = readDevelopmentIdentity(environment());
  const token = developmentToken(identity, person, expiresIn);
  const key = identity.jwt.secrets[0] === DEVELOPMENT_JWT_SECRET ? "the development key" : "JWT_SECRET";
  console.error(`Signed with ${key}; valid for ${expiresIn} s. Send it as: Authorization: Bearer TOKEN`);
  console.log(token);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function readArguments(args: string[]): { person: DevelopmentPerson; expiresIn: number } {
  const { sub, role, "expires-in": seconds, ...others } = parse(args);
  if (sub === undefined || sub.trim() === "") throw usageError("--sub is required.");
  if (role !== undefined && role !== "admin" && role !== "service")
    throw usageError("--role must be admin or service.");
  if (!/^[1-9]\d{0,8}$/.test(seconds)) throw usageError("--expires-in must be a whole number of seconds, at least 1.");
  return { person: { sub, ...(role === undefined ? {} : { role }), ...others }, expiresIn: Number(seconds) };
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  try {
    const options = {
      sub: text,
      email: text,
      name: text,
      role: text,
      payer: text,
      "expires-in": { ...text, default: "86400" },
    };
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

function usageError(problem: string): Error {
  return new Error(`${problem}\n\n${usage}`);
}
