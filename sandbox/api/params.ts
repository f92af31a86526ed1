import { invalidParameter, missingParameter, unknownParameter, unsupportedParameter } from "./errors.js";

/** Reads one form value; `undefined` means it was not given. `at` is its name in errors: `items[0][price]`. */
export type Reader<T> = (value: unknown, at: string) => T;
export type Shape = Record<string, Reader<unknown>>;
export type Read<S extends Shape> = { [K in keyof S]: ReturnType<S[K]> };

/**
 * Every parameter the SDK's type knows must have a reader, if only `notHere`:
 * so the compiler notices what Stripe has and the sandbox forgot.
 */
export type Covers<Params> = { [K in Exclude<keyof Params, "expand">]-?: Reader<unknown> };

/** Reads a form against a shape; a name the shape lacks is an error, never ignored. */
export function readParams<S extends Shape>(shape: S, given: unknown, at = ""): Read<S> {
  const values = asRecord(given, at);
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(shape, name));
  if (unknown !== undefined) throw unknownParameter(nested(at, unknown));

  const read: unknown[][] = Object.entries(shape).map(([name, reader]) => [
    name,
    reader(values[name], nested(at, name)),
  ]);
  return Object.fromEntries(read);
}

/** What a hash may have in it, so that the README can tell what it may not. */
const shapes = new WeakMap<Reader<unknown>, Shape>();

export function shapeOf(reader: Reader<unknown>): Shape | undefined {
  return shapes.get(reader);
}

/** A reader around another one, or a list of it. */
function around<T>(inner: Reader<unknown>, reader: Reader<T>): Reader<T> {
  const shape = shapes.get(inner);
  if (shape) shapes.set(reader, shape);
  return reader;
}

export function required<T>(reader: Reader<T | undefined>): Reader<T> {
  return around(reader, (value, at) => {
    const read = reader(value, at);
    if (read === undefined) throw missingParameter(at);
    return read;
  });
}

export const text: Reader<string | undefined> = (value, at) => {
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw invalidParameter("parameter_invalid_string", `Invalid string: ${at}`, at);
  if (value === "") {
    const message =
      `You passed an empty string for '${at}'. We assume empty values are an attempt to unset a parameter; ` +
      `however '${at}' cannot be unset. You should remove '${at}' from your request or supply a non-empty value.`;
    throw invalidParameter("parameter_invalid_empty", message, at);
  }
  return value;
};

/** An empty string unsets: read as null. */
export function clearable<T>(reader: Reader<T>): Reader<T | null> {
  return around(reader, (value, at) => (value === "" ? null : reader(value, at)));
}

export function integer({ min, max }: { min?: number; max?: number } = {}): Reader<number | undefined> {
  return (value, at) => {
    if (value === undefined) return undefined;
    if (typeof value !== "string" || !/^-?\d+$/.test(value)) {
      throw invalidParameter("parameter_invalid_integer", `Invalid integer: ${String(value)}`, at);
    }
    const number = Number(value);
    if (min !== undefined && number < min) {
      const message = `This value must be greater than or equal to ${min}.`;
      throw invalidParameter("parameter_invalid_integer", message, at);
    }
    if (max !== undefined && number > max) {
      throw invalidParameter("parameter_invalid_integer", `This value must be less than or equal to ${max}.`, at);
    }
    return number;
  };
}

export const decimal: Reader<number | undefined> = (value, at) => {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value === "" || Number.isNaN(number)) {
    throw invalidParameter("parameter_invalid_decimal", `Invalid decimal: ${String(value)}`, at);
  }
  return number;
};

export const bool: Reader<boolean | undefined> = (value, at) => {
  if (value === undefined) return undefined;
  if (value === "true" || value === "false") return value === "true";
  throw invalidParameter("parameter_invalid_boolean", `Invalid boolean: ${String(value)}`, at);
};

export function oneOf<const T extends string>(...allowed: T[]): Reader<T | undefined> {
  return (value, at) => {
    if (value === undefined) return undefined;
    const found = allowed.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const choices = allowed.length > 1 ? `${allowed.slice(0, -1).join(", ")}, or ${allowed.at(-1)}` : allowed.join("");
    throw invalidParameter("parameter_invalid_enum", `Invalid ${at}: must be one of ${choices}`, at);
  };
}

export function hash<S extends Shape>(shape: S): Reader<Read<S> | undefined> {
  const reader: Reader<Read<S> | undefined> = (value, at) =>
    value === undefined ? undefined : readParams(shape, value, at);
  shapes.set(reader, shape);
  return reader;
}

/** A map whose keys are data, such as currencies. */
export function mapOf<T>(reader: Reader<T>): Reader<Record<string, T> | undefined> {
  return around(reader, (value, at) => {
    if (value === undefined) return undefined;
    const entries = Object.entries(asRecord(value, at));
    return Object.fromEntries(entries.map(([key, item]): [string, T] => [key, reader(item, nested(at, key))]));
  });
}

export function listOf<T>(reader: Reader<T | undefined>): Reader<T[] | undefined> {
  return around(reader, (value, at) => {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw invalidParameter("parameter_invalid_array", "Invalid array", at);
    return value.map((item, index) => required(reader)(item, nested(at, String(index))));
  });
}

/** Changes to metadata: an empty value removes a key, null (an empty string for the whole) removes all. */
export const metadata: Reader<Record<string, string> | null | undefined> = (value, at) => {
  if (value === undefined) return undefined;
  if (value === "") return null;
  const changes: [string, string][] = Object.entries(asRecord(value, at)).map(([key, item]) => {
    if (typeof item !== "string")
      throw invalidParameter("parameter_invalid_string", "Metadata values must be strings", at);
    if (key.length > 40)
      throw invalidParameter("parameter_invalid_string", "Metadata keys must be at most 40 characters", at);
    if (item.length > 500) {
      throw invalidParameter(
        "parameter_invalid_string",
        "Metadata values must be at most 500 characters",
        nested(at, key),
      );
    }
    return [key, item];
  });
  return Object.fromEntries(changes);
};

/** Stripe supports it, the sandbox does not, and says so. */
export const notHere: Reader<undefined> = (value, at) => {
  if (value !== undefined) throw unsupportedParameter(at);
  return undefined;
};

/** The same for many at once. */
export function noneHere<const K extends string>(...names: K[]): Record<K, Reader<undefined>> {
  const readers: unknown[][] = names.map((name) => [name, notHere]);
  return Object.fromEntries(readers);
}

/** Only the one value that changes nothing may be given. */
export function only<const T extends string>(accepted: T): Reader<T | undefined> {
  return (value, at) => {
    if (value === undefined) return undefined;
    if (value === accepted) return accepted;
    throw unsupportedParameter(at, `, other than as ${accepted}`);
  };
}

export const onlyFalse = only("false");

/** Only `[enabled]=false` may be given. */
export const onlyDisabled: Reader<unknown> = hash({ enabled: only("false") });

function nested(at: string, name: string): string {
  return at === "" ? name : `${at}[${name}]`;
}

function asRecord(value: unknown, at: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw invalidParameter("parameter_invalid_object", "Invalid object", at);
  return { ...value };
}
