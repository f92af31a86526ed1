import type { World } from "../world.js";

/** The test clock an object lives by: its own, its customer's or its charge's; null for the sandbox's clock. */
export function testClockOf(world: World, record: object): string | null {
  if ("test_clock" in record && record.test_clock !== null) return idIn(record.test_clock);
  if ("charge" in record && !("customer" in record)) {
    const charge = world.tables.charge.find(idIn(record.charge) ?? "");
    return charge ? testClockOf(world, charge) : null;
  }
  const customer = "customer" in record ? idIn(record.customer) : null;
  const clock = customer === null ? null : (world.tables.customer.find(customer)?.test_clock ?? null);
  return clock === null ? null : idIn(clock);
}

function idIn(reference: unknown): string | null {
  if (typeof reference === "string") return reference;
  return typeof reference === "object" && reference !== null && "id" in reference ? String(reference.id) : null;
}
