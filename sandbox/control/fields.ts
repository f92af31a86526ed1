import { ControlRefusal } from "./guard.js";

/** The fields of a JSON body; a field nobody knows is refused. */
export function fieldsOf(body: unknown, known: string[]): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new ControlRefusal(400, "Send a JSON object.");
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ControlRefusal(400, `Unknown field "${unknown}". Known: ${known.join(", ")}.`);
  return { ...body };
}

export function numberField(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new ControlRefusal(400, `"${name}" must be a number, zero or more.`);
}

export function textField(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ControlRefusal(400, `"${name}" must be a text.`);
}
