/** The `error` object of Stripe's answers. */
export interface StripeErrorBody {
  type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  doc_url?: string;
  charge?: string;
  payment_intent?: unknown;
  payment_method?: unknown;
  setup_intent?: unknown;
}

/** A refusal that is answered as Stripe words it. */
export class StripeRefusal extends Error {
  constructor(
    readonly status: number,
    readonly body: StripeErrorBody,
    /** Refused before anything was tried, so the idempotency key is free again. */
    readonly isValidation = false,
    readonly headers: Record<string, string> = {},
  ) {
    super(body.message);
  }
}

type Details = Omit<StripeErrorBody, "type" | "message" | "code">;

function docUrl(code: string): string {
  return `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;
}

/** 400 without a code, as Stripe answers most conflicts with an object's state. */
export function invalidRequest(message: string, details: Details & { code?: string } = {}): StripeRefusal {
  const doc = details.code ? { doc_url: docUrl(details.code) } : {};
  return new StripeRefusal(400, { type: "invalid_request_error", message, ...doc, ...details });
}

export function invalidParameter(code: string, message: string, param: string): StripeRefusal {
  const body: StripeErrorBody = { type: "invalid_request_error", code, message, param, doc_url: docUrl(code) };
  return new StripeRefusal(400, body, true);
}

export function missingParameter(param: string): StripeRefusal {
  return invalidParameter("parameter_missing", `Missing required param: ${param}.`, param);
}

export function unknownParameter(param: string): StripeRefusal {
  return invalidParameter("parameter_unknown", `Received unknown parameter: ${param}`, param);
}

/** Stripe knows this parameter; the sandbox says so instead of quietly leaving it out. */
export function unsupportedParameter(param: string, hint = ""): StripeRefusal {
  const message = `The sandbox does not support the parameter ${param}${hint}. Stripe does; see sandbox/README.md.`;
  return new StripeRefusal(400, { type: "invalid_request_error", message, param }, true);
}

/** 404 when the path names it, 400 when a parameter does. */
export function noSuch(
  noun: string,
  id: string,
  param = "id",
  status: 400 | 404 = param === "id" ? 404 : 400,
): StripeRefusal {
  const code = "resource_missing";
  const elsewhere =
    noun === "PaymentMethod"
      ? "; It's possible this PaymentMethod exists on one of your connected accounts, in which case you should retry " +
        "this request on that connected account. Learn more at https://stripe.com/docs/connect/authentication"
      : "";
  const message = `No such ${noun}: '${id}'${elsewhere}`;
  return new StripeRefusal(status, { type: "invalid_request_error", code, message, param, doc_url: docUrl(code) });
}

/** A customer is to be charged, and there is nothing to charge. */
export function noPaymentMethod(): StripeRefusal {
  return invalidRequest(
    "This customer has no attached payment source or default payment method. Please consider adding a default payment " +
      "method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting" +
      "#payment-method-priority.",
    { code: "resource_missing" },
  );
}

export function unauthorized(message: string): StripeRefusal {
  return new StripeRefusal(401, { type: "invalid_request_error", message }, true);
}

/** 402 of a declined card. */
export function cardError(body: Omit<StripeErrorBody, "type">): StripeRefusal {
  const doc = body.code ? { doc_url: docUrl(body.code) } : {};
  return new StripeRefusal(402, { type: "card_error", ...doc, ...body });
}
