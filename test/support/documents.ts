/** Documents that are too much, by what they are too much of. Each is refused at HTTP and at WebSocket alike. */
export const tooMuch: Readonly<Record<string, string>> = {
  "13 levels": nested(13),
  "13 levels through a fragment": `{ viewer { customer { ...Deep } } } fragment Deep on Customer { ${subscriptionsOf(11)} }`,
  "16 aliases": `{ ${Array.from({ length: 16 }, (_, index) => `a${index}: tiers { id }`).join(" ")} }`,
  "101 aliases of __typename": `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: __typename`).join(" ")} }`,
  "1,001 tokens": `{ ${"__typename ".repeat(1_000)} }`,
  "6 directives": `{ tiers ${"@include(if: true) ".repeat(6)} { id } }`,
  "unknown directives in numbers": `{ tiers ${"@aa ".repeat(10)} { id } }`,
  "fragments that spread each other": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
};

/** As deep as is allowed. */
export const deepest = nested(12);

/** A query of this many levels. */
function nested(levels: number): string {
  return `{ viewer { customer { ${subscriptionsOf(levels - 2)} } } }`;
}

function subscriptionsOf(levels: number): string {
  if (levels === 1) return "id";
  if (levels === 2) return "subscription { id }";
  return `subscription { customer { ${subscriptionsOf(levels - 2)} } }`;
}
