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

export function countField(value: unknown, name: string): number {
  if (Number.isInteger(value)) return numberField(value, name);
  throw new ControlRefusal(400, `"${name}" must be a whole number, zero or more.`);
}

export function textField(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ControlRefusal(400, `"${name}" must be a text.`);
}

export function flagField(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw new ControlRefusal(400, `"${name}" must be true or false.`);
}

/** A map of texts, such as headers. */
export function textsField(value: unknown, name: string): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ControlRefusal(400, `"${name}" must be an object of texts.`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, textField(text, key)]));
}
