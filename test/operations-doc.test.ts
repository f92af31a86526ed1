import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeMetrics } from "../src/metrics.js";
import { crontab } from "../src/tasks.js";
import { codeOf, sourceFiles } from "./support/source-files.js";

const page = readFileSync("docs/operations.md", "utf8");

/** The text of a log entry: a line of its own, or what follows the entry's fields. */
const entry = /\blog\??\.(?:info|warn|error)\((?:[^;]*?,)?\s*"([^"]+)",?\s*\)/g;

test("every line that the service logs is explained to its operator", () => {
  const files = sourceFiles("src").filter((file) => !/^src\/(dev|cli)/.test(file));
  const logged = files.flatMap((file) => [...codeOf(file).matchAll(entry)].map(([, text = ""]) => text));
  expect(logged.length).toBeGreaterThan(20);
  const isExplained = (text: string) => page.includes(`\`${text}\``) || page.includes(`\`\` ${text} \`\``);
  expect(logged.filter((text) => !isExplained(text))).toEqual([]);
});

test("every metric is explained to the operator", async () => {
  const { text } = await makeMetrics().report();
  const names = [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("every job is explained to the operator", () => {
  const names = [...crontab.matchAll(/ (\S+)$/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(1);
  expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
});
