import type { StripeErrorBody } from "../api/errors.js";
import type { Fault, FaultEffect } from "../api/faults.js";
import { countField, fieldsOf, flagField, numberField, textField, textsField } from "./fields.js";
import { ControlRefusal } from "./guard.js";

const effects = ["status", "delay_ms", "reset", "hang", "garbage", "trickle"] as const;
const known = ["method", "path", "skip", "times", "after", "error", "body", "headers", ...effects];

/** Reads what is to go wrong with API requests. */
export function readRequestFault(given: unknown): Fault {
  const fields = fieldsOf(given, known);
  const effect = readEffect(fields);
  // An answer can only be cut or slowed down once there is one.
  const isUsuallyAfter = effect.kind === "garbage" || effect.kind === "trickle";
  return {
    method: fields["method"] === undefined ? "*" : textField(fields["method"], "method").toUpperCase(),
    path: textField(fields["path"], "path"),
    skip: fields["skip"] === undefined ? 0 : countField(fields["skip"], "skip"),
    times: fields["times"] === undefined ? 1 : countField(fields["times"], "times"),
    isAfter: fields["after"] === undefined ? isUsuallyAfter : flagField(fields["after"], "after"),
    effect,
  };
}

function readEffect(fields: Record<string, unknown>): FaultEffect {
  const given = effects.filter((name) => fields[name] !== undefined && fields[name] !== false);
  const [name, ...others] = given;
  if (others.length > 0) throw new ControlRefusal(400, `Send exactly one of ${effects.join(", ")}.`);
  if (name !== "status") refuseWithoutStatus(fields);
  if (name === "status") return readAnswer(fields);
  if (name === "delay_ms") return { kind: "delay", ms: numberField(fields["delay_ms"], "delay_ms") };
  if (name !== undefined) {
    flagField(fields[name], name);
    return { kind: name };
  }
  // "after" alone: the connection breaks once the work is done.
  if (fields["after"] === true) return { kind: "reset" };
  throw new ControlRefusal(400, `Send exactly one of ${effects.join(", ")}, or "after": true.`);
}

function refuseWithoutStatus(fields: Record<string, unknown>): void {
  for (const name of ["error", "body", "headers"]) {
    if (fields[name] !== undefined) throw new ControlRefusal(400, `"${name}" goes with "status".`);
  }
}

/** An error of Stripe's, or with "body" whatever somebody between might say. */
function readAnswer(fields: Record<string, unknown>): FaultEffect {
  const status = countField(fields["status"], "status");
  const headers = fields["headers"] === undefined ? {} : textsField(fields["headers"], "headers");
  const { body, error } = fields;
  if (body === undefined) {
    if (status < 400 || status > 599) throw new ControlRefusal(400, '"status" must be between 400 and 599.');
    return { kind: "status", status, error: error === undefined ? {} : readError(error), headers };
  }
  if (error !== undefined) throw new ControlRefusal(400, 'Send either "error" or "body".');
  if (typeof body !== "string") throw new ControlRefusal(400, '"body" must be a text.');
  if (status < 200 || status > 599) throw new ControlRefusal(400, '"status" must be between 200 and 599.');
  return { kind: "body", status, body, headers };
}

const errorTypes = ["api_error", "card_error", "idempotency_error", "invalid_request_error"] as const;

function readError(given: unknown): Partial<StripeErrorBody> {
  const { type, ...others } = fieldsOf(given, ["type", "code", "decline_code", "message", "param"]);
  const known = errorTypes.find((one) => one === type);
  if (type !== undefined && known === undefined) {
    throw new ControlRefusal(400, `"type" must be one of ${errorTypes.join(", ")}.`);
  }
  return { ...textsField(others, "error"), ...(known && { type: known }) };
}
