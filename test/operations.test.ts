import { readdirSync, readFileSync } from "node:fs";
import { buildSchema, parse, specifiedRules, validate } from "graphql";
import { expect, test } from "vitest";
import { limitRules, limits } from "../src/graphql/limits.js";

const names = readdirSync("test/operations");

test("there are operations for the four places of a product that talk to billing", () => {
  expect(names.sort()).toEqual([
    "billing-page.graphql",
    "checkout-done.graphql",
    "gate.graphql",
    "pricing-page.graphql",
  ]);
});

test.for(names)("%s is within the public schema and half of every limit", (name) => {
  const text = readFileSync(`test/operations/${name}`, "utf8");
  const schema = buildSchema(readFileSync("schema.public.graphql", "utf8"));
  const document = parse(text, { maxTokens: limits.tokens / 2 });
  const faults = validate(schema, document, [...specifiedRules, ...limitRules]);
  expect(faults.map(({ message }) => message)).toEqual([]);
});
