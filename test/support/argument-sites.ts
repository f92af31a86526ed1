import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from "graphql";

/** A place where a caller's value goes in: an argument, or a field of an input, somewhere in the schema. */
export interface ArgumentSite {
  /** For people: `Query.invoices(filter.issuedAt.from)`. */
  readonly name: string;
  readonly operation: "query" | "mutation" | "subscription";
  /** Fields from the root to the one that takes the value. */
  readonly fields: readonly Field[];
  /** Names from that field's argument down to the value. */
  readonly path: readonly string[];
  readonly type: GraphQLInputType;
}

type Field = GraphQLField<unknown, unknown>;

/** Values that a well-meant request has, by the name of their argument or input field. */
export type Sensible = Readonly<Record<string, unknown>>;

const deepest = 5;

/** Every place where a value goes in: each once, on a shortest way from a root. */
export function argumentSites(schema: GraphQLSchema): ArgumentSite[] {
  const sites: ArgumentSite[] = [];
  const seen = new Set<string>();
  const roots = [
    ["query", schema.getQueryType()],
    ["mutation", schema.getMutationType()],
    ["subscription", schema.getSubscriptionType()],
  ] as const;
  type Stop = { operation: ArgumentSite["operation"]; type: GraphQLObjectType; way: Field[] };
  let here: Stop[] = roots.flatMap(([operation, type]) => (type ? [{ operation, type, way: [] }] : []));
  while (here.length > 0) {
    const next: Stop[] = [];
    for (const { operation, type, way } of here) {
      for (const field of Object.values(type.getFields())) {
        const name = `${type.name}.${field.name}`;
        if (seen.has(name)) continue;
        seen.add(name);
        const fields = [...way, field];
        for (const { path, type: taken } of field.args.flatMap((arg) => placesIn([arg.name], arg.type))) {
          sites.push({ name: `${name}(${path.join(".")})`, operation, fields, path, type: taken });
        }
        const target = getNamedType(field.type);
        if (isObjectType(target) && fields.length < deepest) next.push({ operation, type: target, way: fields });
      }
    }
    here = next;
  }
  return sites;
}

function placesIn(path: string[], type: GraphQLInputType): { path: string[]; type: GraphQLInputType }[] {
  const named = getNamedType(type);
  const inside = isInputObjectType(named) && !path.slice(0, -1).includes(path.at(-1) ?? "") ? named.getFields() : {};
  const parts = Object.values(inside).flatMap((field) => placesIn([...path, field.name], field.type));
  return [{ path, type }, ...parts];
}

/** A request that would be in order, but for the value at this place. */
export function requestWith(site: ArgumentSite, value: unknown, sensible: Sensible) {
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};
  const calls = site.fields.map((field) => {
    const isTarget = field === site.fields.at(-1);
    const given = field.args.flatMap((arg) => {
      const isHere = isTarget && arg.name === site.path[0];
      const usual = usualValue(arg.name, arg.type, sensible);
      const sent = isHere ? withValueAt(site.path.slice(1), usual, value) : usual;
      if (sent === undefined) return [];
      const variable = `v${declared.length}`;
      declared.push(`$${variable}: ${arg.type}`);
      variables[variable] = sent;
      return [`${arg.name}: $${variable}`];
    });
    return given.length > 0 ? `${field.name}(${given.join(", ")})` : field.name;
  });
  const heading = declared.length > 0 ? `${site.operation} (${declared.join(", ")})` : site.operation;
  const last = site.fields.at(-1);
  const inner = last ? selectionOf(last.type, 2) : "";
  const body = calls.reduceRight((selected, call) => ` { ${call}${selected} }`, inner);
  return { query: `${heading}${body}`, variables };
}

function withValueAt(path: readonly string[], usual: unknown, value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const around = typeof usual === "object" && usual !== null ? usual : {};
  return { ...around, [name]: withValueAt(rest, Reflect.get(around, name), value) };
}

function usualValue(name: string, type: GraphQLInputType, sensible: Sensible): unknown {
  if (Object.hasOwn(sensible, name)) return sensible[name];
  if (!isNonNullType(type)) return undefined;
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return `no ${name}`;
  const fields = Object.values(named.getFields()).filter((field) => field.defaultValue === undefined);
  const entries = fields.map((field) => [field.name, usualValue(field.name, field.type, sensible)] as const);
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

/** All that can be asked of a type without arguments, some levels deep. */
function selectionOf(type: GraphQLOutputType, levels: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return "";
  if (!isObjectType(named)) return " { __typename }";
  const parts = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) return [];
    const isLeaf = isLeafType(getNamedType(field.type));
    return isLeaf || levels > 1 ? [`${field.name}${isLeaf ? "" : selectionOf(field.type, levels - 1)}`] : [];
  });
  return ` { ${["__typename", ...parts].join(" ")} }`;
}
