import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { catalogJsonSchemaFile, renderCatalogJsonSchema } from "../src/billing/catalog/catalog-json-schema.js";
import { changed, faultsOf, sound } from "./catalog-texts.js";

const file = readFileSync(catalogJsonSchemaFile, "utf8");
const shipped = readFileSync("catalog.yaml", "utf8");
const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, formats: { uri: true } });
const validate = ajv.compile(JSON.parse(file));

function isValid(yaml: string): boolean {
  return validate(parse(yaml));
}

test("the schema for editors is the one that the file is read with; `npm run schema` writes it", () => {
  expect(file).toBe(renderCatalogJsonSchema());
});

test("the shipped catalog names the schema first, and passes it", () => {
  expect(shipped.split("\n", 1)[0]).toBe(`# yaml-language-server: $schema=./${catalogJsonSchemaFile}`);
  expect(isValid(shipped), JSON.stringify(validate.errors)).toBe(true);
});

test("every key of the file is explained to whoever hovers over it", () => {
  const bare: string[] = [];
  JSON.parse(file, function (this: unknown, key: string, value: unknown) {
    if (key === "properties" && typeof value === "object" && value !== null) {
      bare.push(...Object.entries(value).flatMap(([name, shape]) => (shape.description ? [] : [name])));
    }
    return value;
  });
  expect(bare).toEqual([]);
});

test.each([
  ["as it is", sound],
  ["prices in several currencies", changed("29.99", "{ usd: 29.99, eur: '27.99', jpy: 4500 }")],
  ["tax", changed("currency: usd\n", "currency: usd\ntax: { behavior: inclusive, automatic: true }\n")],
  ["seats", changed("    name: Pro\n", "    name: Pro\n    seats: { max: unlimited }\n")],
  [
    "a trial without a card",
    changed("    name: Pro\n", "    name: Pro\n    trial_days: 14\n    trial_without_card: true\n"),
  ],
  ["a contact", changed("    name: Pro\n", "    name: Pro\n    contact_url: https://studio.example/sales\n")],
])("a file that the service takes passes in the editor: %s", (_title, text) => {
  expect(faultsOf(text)).toEqual([]);
  expect(isValid(text), JSON.stringify(validate.errors)).toBe(true);
});

test.each([
  ["a misspelt key", changed("    name: Pro\n", "    nmae: Pro\n")],
  ["a wrong type", changed("name: Guests", "name: 12")],
  ["an unknown kind", changed("kind: limit", "kind: limits")],
  ["a negative limit", changed("guests: 1\n", "guests: -1\n")],
  ["a misspelt unlimited", changed("unlimited", "unlimted")],
  ["a price of nothing", changed("29.99", "0")],
  ["a price in words", changed("29.99", "thirty")],
  ["a list of prices", changed("      month: 29.99", "      - 29.99")],
  ["an unknown interval", changed("month: 29.99", "quarter: 29.99")],
  ["a currency in upper case", changed("29.99", "{ usd: 29.99, EUR: 27.99 }")],
  ["an unknown way to treat tax", changed("currency: usd\n", "currency: usd\ntax: { behavior: included }\n")],
  ["no seats", changed("    name: Pro\n", "    name: Pro\n    seats: { max: 0 }\n")],
  ["a trial of half a day", changed("    name: Pro\n", "    name: Pro\n    trial_days: 0.5\n")],
  ["a contact that is no web address", changed("    name: Pro\n", "    name: Pro\n    contact_url: mailto:a@b.c\n")],
  ["a slug that cannot be part of an ID", changed("  pro:", "  Pro-Tier:")],
  ["a section that is missing", "currency: usd\nfeatures: {}\n"],
])("the editor sees what the service refuses: %s", (_title, text) => {
  expect(faultsOf(text)).not.toEqual([]);
  expect(isValid(text)).toBe(false);
});
