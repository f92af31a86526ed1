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

/** Lines are written together, at the latest after so many milliseconds: busy, a write for each would cost more than the line. */
const together = { minLength: 8_192, periodicFlush: 20, sync: false };

/** A logger that writes one JSON line for each entry to standard output; what is left is written when the process ends. */
export function makeLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    redact,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: serializeError },
  };
  return pino(options, destination ?? pino.destination(together));
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
