import { bigint, customType, timestamp, uuid } from "drizzle-orm/pg-core";
import { newId } from "./new-id.js";

/** A primary or foreign key made here, in time order, so that an index grows at its end. */
export const uuidV7 = (name: string) => uuid(name).$defaultFn(newId);

/** A UTC instant with the precision of a JavaScript Date, so that a value read back compares equal in a keyset. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });

/** A whole number of minor units, or any count; JavaScript holds it exactly up to 2^53. */
export const whole = (name: string) => bigint(name, { mode: "number" });

/** JSON that came as text and is kept as it came: the database does not take it apart. Read as the value it stands for. */
export const jsonText = customType<{ data: unknown; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  fromDriver: (value) => JSON.parse(value),
});

/** When a row was written and last changed, by the wall clock: bookkeeping, never business. */
export const timestamps = {
  recordedAt: instant("recorded_at")
    .notNull()
    .$defaultFn(() => new Date()),
  updatedAt: instant("updated_at")
    .notNull()
    .$defaultFn(() => new Date())
    .$onUpdateFn(() => new Date()),
};
