import { type Logger, pino, stdSerializers } from "pino";

/** Names under which a secret or personal data could reach a log line by accident. */
const redact = [
  "authorization",
  "headers",
  "variables",
  "*.authorization",
  "*.headers",
  "err.cause.headers",
  "err.cause.raw",
];

/** A logger that writes one JSON line for each entry to standard output. */
export function makeLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    redact,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: serializeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * An error as operators need it: type, message, stack and what caused it. Nothing else: a database
 * error carries the query's parameters, a Stripe error the whole answer.
 */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { type, message, stack } = stdSerializers.err(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const cause = error.cause instanceof Error ? serializeError(error.cause) : undefined;
  return { type, message: withoutParameters(message), code, cause, stack: withoutParameters(stack ?? "") };
}

/** Drizzle puts the parameters of a failed query into its message: e-mail addresses, for example. */
function withoutParameters(text: string): string {
  return text.replace(/\nparams:[\s\S]*?(?=\n {4}at |$)/, "\nparams: (left out)");
}
