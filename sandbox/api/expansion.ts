import { findAnywhere } from "../store/find-anywhere.js";
import type { World } from "../world.js";
import { invalidRequest } from "./errors.js";
import { type ExpandableKind, type Link, links } from "./expandable.js";
import { includedValue, isLeftOut } from "./inclusions.js";
import type { Answers } from "./operation.js";
import { withUndocumented } from "./undocumented.js";

type Json = Record<string, unknown>;

const deepest = 4;

/** Refuses what cannot be expanded, by the kind of the answer alone: before anything is done. */
export function checkExpand(answers: Answers, paths: string[]): void {
  for (const path of paths) {
    const steps = path.split(".");
    if (steps.length > deepest) {
      throw invalidRequest(`You cannot expand more than ${deepest} levels of a property. Property: ${path}`, {
        param: "expand",
      });
    }
    if (!leadsSomewhere(answers, steps)) {
      throw invalidRequest(`This property cannot be expanded (${path}).`, { param: "expand" });
    }
  }
}

function leadsSomewhere(answers: Answers, steps: string[]): boolean {
  if (answers === "nothing") return false;
  if (typeof answers === "string") return reaches(answers, steps);
  return steps[0] === "data" && steps.length > 1 && reaches(answers.list, steps.slice(1));
}

function reaches(kind: ExpandableKind, steps: string[]): boolean {
  const found = nextLink(kind, steps);
  if (!found) return false;
  const { link, rest } = found;
  if (rest.length === 0) return link.is !== "inline";
  if (!link.list) return reaches(link.of, rest);
  return rest[0] === "data" && (rest.length === 1 ? link.is !== "inline" : reaches(link.of, rest.slice(1)));
}

/** The link a path begins with; fields inside hashes take several steps. */
function nextLink(kind: ExpandableKind, steps: string[]): { link: Link; field: string; rest: string[] } | null {
  for (let length = 1; length <= steps.length; length += 1) {
    const field = steps.slice(0, length).join(".");
    const link = links[kind][field];
    if (link) return { link, field, rest: steps.slice(length) };
  }
  return null;
}

/** The answer as JSON, without what is only included on request, and with what `expand` asks for. */
export function render(world: World, answers: Answers, answer: object, paths: string[]): Json {
  const json = plain(answer);
  if (answers === "nothing") return json;
  if (typeof answers === "string") return renderRecord(world, answers, json, paths);
  const ofData = paths.map((path) => path.replace(/^data\./, ""));
  return { ...json, data: each(json["data"], (record) => renderRecord(world, answers.list, record, ofData)) };
}

function renderRecord(world: World, kind: ExpandableKind, source: Json, paths: string[]): Json {
  const record = Object.fromEntries(Object.entries(source).filter(([field]) => !isLeftOut(kind, field)));
  for (const { link, field, onward } of branches(kind, paths)) {
    if (link.is === "included") {
      const value = includedValue(world, kind, source, field);
      if (value !== undefined) record[field] = expandValue(world, link, jsonValue(value), onward);
      continue;
    }
    change(record, field.split("."), (value) => expandValue(world, link, value, onward));
  }
  return withUndocumented(record);
}

/** Paths by the link they begin with, so that each field is dealt with once. */
function branches(kind: ExpandableKind, paths: string[]): { link: Link; field: string; onward: string[] }[] {
  const byField = new Map<string, { link: Link; field: string; onward: string[] }>();
  for (const path of paths) {
    const found = nextLink(kind, path.split("."));
    if (!found) continue;
    const branch = byField.get(found.field) ?? { link: found.link, field: found.field, onward: [] };
    const onward = (found.link.list ? found.rest.slice(1) : found.rest).join(".");
    if (onward !== "") branch.onward.push(onward);
    byField.set(found.field, branch);
  }
  return [...byField.values()];
}

function expandValue(world: World, link: Link, value: unknown, onward: string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => expandValue(world, link, item, onward));
  if (typeof value === "string") {
    if (link.of === "unkept") return value;
    const found = findAnywhere(world.tables, value);
    return found ? renderRecord(world, link.of, plain(found), onward) : value;
  }
  if (!isRecord(value)) return value;
  if (link.list) return { ...value, data: each(value["data"], (item) => renderRecord(world, link.of, item, onward)) };
  return link.of === "unkept" ? value : renderRecord(world, link.of, value, onward);
}

/** Replaces a field inside hashes, and inside every hash of a list on the way. */
function change(record: Json, steps: string[], replace: (value: unknown) => unknown): void {
  const [step, ...rest] = steps;
  if (step === undefined || !(step in record)) return;
  const value = record[step];
  if (rest.length === 0) {
    record[step] = replace(value);
    return;
  }
  for (const inner of Array.isArray(value) ? value : [value]) {
    if (isRecord(inner)) change(inner, rest, replace);
  }
}

function each(list: unknown, work: (record: Json) => Json): unknown[] {
  return Array.isArray(list) ? list.map((item) => (isRecord(item) ? work(item) : item)) : [];
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function plain(value: object): Json {
  return JSON.parse(JSON.stringify(value));
}

function jsonValue(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
