/** Faults of a request, and bugs and outages: top-level `errors` with this as `extensions.code`. See docs/errors.md. */
export const faults = {
  BAD_USER_INPUT: "The request asks for something that cannot be.",
  FORBIDDEN: "You may not do this.",
  INTERNAL_SERVER_ERROR: "Something went wrong on our side. Nothing was charged twice; try again.",
  THROTTLED: "Too much was asked for in a short time. Try again a little later.",
  UNAUTHENTICATED: "Sign in first: send a valid token as `Authorization: Bearer …`.",
  UPGRADE_REQUIRED: "The current tier does not include this.",
  UPSTREAM_UNAVAILABLE: "The payment provider or the database does not answer just now. Try again shortly.",
} as const;

/** A code that a client may see in `errors[].extensions.code`, beside Apollo Server's own. */
export type FaultCode = keyof typeof faults;

/** Business-level refusals and their default sentence, fit to be shown: `userErrors[].code`. */
export const refusals = {
  ALREADY_CANCELED: "The subscription already ends.",
  ALREADY_ON_TIER: "The subscription is on this tier already.",
  ALREADY_SUBSCRIBED: "There is a running subscription already; change its plan instead of buying another.",
  CURRENCY_MISMATCH: "The account is billed in another currency.",
  CURRENCY_NOT_AVAILABLE: "This tier is not sold in that currency.",
  FEATURE_NOT_FOUND: "There is no such feature.",
  FEATURE_NOT_METERED: "Use of this feature is not counted.",
  IDEMPOTENCY_KEY_REUSED: "This idempotency key was used before with other input; make a new one.",
  INVALID_INPUT: "Something in the input is not right.",
  NOT_CANCELING: "The subscription is not about to end.",
  NOT_FOUND: "There is no such thing.",
  NO_CHANGE_PENDING: "There is no change to drop.",
  NO_SUBSCRIPTION: "There is no running subscription.",
  PAYMENT_ACTION_REQUIRED: "The payment has to be confirmed first.",
  PAYMENT_FAILED: "The payment failed.",
  PAYMENT_METHOD_REQUIRED: "A payment method is needed first.",
  PREVIEW_STALE: "The preview no longer holds; make a new one.",
  PROMOTION_CODE_INVALID: "This promotion code is not valid.",
  REFUND_EXCEEDS_PAYMENT: "That is more than what is left of the payment.",
  RETURN_URL_NOT_ALLOWED: "The return URL's origin is not on this server's allow list.",
  REQUEST_IN_PROGRESS: "Another request for this account is still running; try again in a moment.",
  RESERVATION_CLOSED: "The reservation is closed.",
  SEATS_NOT_AVAILABLE: "This tier is not sold in that number of seats.",
  TIER_NOT_AVAILABLE: "This tier cannot be bought.",
  USAGE_EXCEEDS_CURRENT_TIER_LIMIT: "More is in use than the tier allows.",
  USAGE_LIMIT_REACHED: "The limit is reached.",
  USAGE_TOO_OLD: "That is too long ago to be counted.",
} as const;

/** A code of `UserErrorCode`; values are only ever added. */
export type RefusalCode = keyof typeof refusals;

/** One refusal: what a customer may read, which input is at fault, and where it can be put right. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly path: readonly string[] | null;
  readonly actionUrl: string | null;
}

/** What a use case came to: the thing asked for, or why not. Bugs and outages are thrown instead. */
export type Outcome<T> = { readonly value: T; readonly refusals: readonly [] } | RefusedOutcome;

/** An outcome without a value. */
export interface RefusedOutcome {
  readonly value: null;
  readonly refusals: readonly [Refusal, ...Refusal[]];
}

/** The use case went through. */
export function done<T>(value: T): Outcome<T> {
  return { value, refusals: [] };
}

/** The use case was refused for a reason the caller can show or act on. */
export function refuse(
  code: RefusalCode,
  message: string = refusals[code],
  at: { path?: readonly string[]; actionUrl?: string } = {},
): RefusedOutcome {
  return { value: null, refusals: [{ code, message, path: at.path ?? null, actionUrl: at.actionUrl ?? null }] };
}

/** Whether a use case was refused. */
export function isRefused(outcome: Outcome<unknown>): outcome is RefusedOutcome {
  return outcome.value === null;
}

/** A fault that reaches the client as a top-level error with a code of its own; its message is fit to be read by anyone. */
export class BillingError extends Error {
  override readonly name = "BillingError";
  constructor(
    readonly code: FaultCode,
    message: string = faults[code],
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Somebody else holds the customer's lock and did not let go in time. Mutations answer REQUEST_IN_PROGRESS, jobs try again. */
export class CustomerBusy extends Error {
  override readonly name = "CustomerBusy";
}

/** Whether this is Stripe not answering: nobody's fault, and over by itself. */
export function isUpstreamOutage(error: unknown): boolean {
  return error instanceof BillingError && error.code === "UPSTREAM_UNAVAILABLE";
}

const longestProblem = 500;

/**
 * What went wrong at bottom, in a line for operators. Wrapping errors are left out: a failed query's
 * carries its parameters, which may be personal data.
 */
export function rootProblem(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return withoutSecrets(root instanceof Error ? `${root.name}: ${root.message}` : String(root)).slice(
    0,
    longestProblem,
  );
}

/** Stripe's keys and ours, secrets of webhooks and of payments, tokens, and who signs in by a URL. */
const secrets = [
  /(?<![a-z0-9])(?:[srp]k|whsec|absk)_[\w*-]+/gi,
  /(?<=_secret_)\w+/g,
  /(?<=\b(?:Bearer|Basic) +)[^\s"',]+/gi,
  /(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  /(?<=:\/\/)[^\s/@]+(?=@)/g,
];

/** A text from elsewhere, such as a message of Stripe's or of Postgres', with every secret that it quotes left out. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((rest, secret) => rest.replace(secret, "[left out]"), text);
}
