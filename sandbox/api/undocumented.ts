type Json = Record<string, unknown>;

/**
 * Adds what Stripe answers and its reference does not list, as recordings of its answers show: how long an object's own
 * list is, and a subscription's plan and quantity, as from the time when it had but one item.
 */
export function withUndocumented(record: Json): Json {
  if (record["object"] === "invoice") return counted(record, "lines");
  if (record["object"] !== "subscription") return record;
  const items = entriesOf(record["items"]);
  const [first] = items.length === 1 ? items : [];
  return { ...counted(record, "items"), plan: first?.["plan"] ?? null, quantity: first?.["quantity"] ?? null };
}

/** The same for an event, whose object is as it was. */
export function eventWithUndocumented<T extends { data: { object: object } }>(event: T): T {
  return { ...event, data: { ...event.data, object: withUndocumented({ ...event.data.object }) } };
}

function counted(record: Json, field: string): Json {
  const list = record[field];
  return isRecord(list) ? { ...record, [field]: { ...list, total_count: entriesOf(list).length } } : record;
}

function entriesOf(list: unknown): Json[] {
  const data = isRecord(list) ? list["data"] : undefined;
  return Array.isArray(data) ? data.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
