import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type SandboxOptions, startSandbox } from "./sandbox.js";

const hasParent = process.send !== undefined;

try {
  const sandbox = await startSandbox(readOptions());
  let isClosing = false;
  const stop = async () => {
    if (isClosing) return;
    isClosing = true;
    await sandbox.close();
    process.exit(0);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // A parent that is gone, however it went, takes the sandbox with it.
  process.on("disconnect", stop);
  if (hasParent && !process.connected) await stop();

  console.log(`Stripe sandbox listening on ${sandbox.url}`);
  process.send?.({ listening: sandbox.url });
} catch (error) {
  console.error(`Stripe sandbox: ${reasonOf(error)}`);
  process.exit(1);
}

function readOptions(): SandboxOptions {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      state: { type: "string" },
      seed: { type: "string" },
      "webhook-url": { type: "string" },
    },
  });
  const port = Number(values.port ?? process.env["SANDBOX_PORT"] ?? 12111);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error("--port must be a port number.");
  const url = values["webhook-url"];
  const secret = process.env["SANDBOX_WEBHOOK_SECRET"];
  if (url !== undefined && !secret) throw new Error("--webhook-url needs the secret in SANDBOX_WEBHOOK_SECRET.");
  return {
    port,
    ...(values.state === undefined ? {} : { stateFile: values.state }),
    ...(values.seed === undefined ? {} : { seed: readSeed(values.seed) }),
    ...(url !== undefined && secret ? { webhookEndpoint: { url, secret } } : {}),
  };
}

/** A JSON list of Stripe objects, or a map whose values are. */
function readSeed(file: string): NonNullable<SandboxOptions["seed"]> {
  const seed: NonNullable<SandboxOptions["seed"]> | Record<string, NonNullable<SandboxOptions["seed"]>[number]> =
    JSON.parse(readFileSync(file, "utf8"));
  return Array.isArray(seed) ? seed : Object.values(seed);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EADDRINUSE") {
    return "the port is taken. Stop what is listening there, or choose another with --port.";
  }
  return error.message;
}
