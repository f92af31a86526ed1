import { readFileSync } from "node:fs";

/** The operations that a section of the page for operators gives, in their order. */
export function documentedOperations(title: string): string[] {
  const [, section = ""] = readFileSync("docs/operations.md", "utf8").split(`\n## ${title}\n`);
  const [own = ""] = section.split("\n## ");
  return [...own.matchAll(/^```graphql\n(.*?)^```/gms)].map(([, document = ""]) => document);
}
