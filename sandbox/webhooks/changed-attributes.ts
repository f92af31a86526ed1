/** The earlier values of what changed: nested hashes by key, lists and everything else whole. */
export function changedAttributes(before: object, after: object): object {
  const earlier = jsonOf(before);
  const later = jsonOf(after);
  const names = new Set([...Object.keys(earlier), ...Object.keys(later)]);
  const changed = [...names].filter((name) => JSON.stringify(earlier[name]) !== JSON.stringify(later[name]));
  return Object.fromEntries(changed.map((name) => [name, earlierValue(earlier[name], later[name])]));
}

function earlierValue(before: unknown, after: unknown): unknown {
  if (isHash(before) && isHash(after) && !("object" in before)) return changedAttributes(before, after);
  return before ?? null;
}

function isHash(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function jsonOf(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value));
}
