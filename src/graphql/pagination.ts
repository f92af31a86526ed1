import { ArgsType, type ClassType, Field, Int, ObjectType } from "type-graphql";
import type { KeyType, Position, Slice } from "../db/keyset.js";
import { BillingError } from "../errors.js";
import { cursorOf, positionOf as placeOf } from "./cursor.js";
import { defaultPage, largestPage } from "./page-size.js";

@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: "How many from the start, at most 100; 20 when left out." })
  readonly first?: number | null;

  @Field(() => String, { nullable: true, description: "Only what follows this cursor." })
  readonly after?: string | null;

  @Field(() => Int, { nullable: true, description: "How many from the end, at most 100. Not together with `first`." })
  readonly last?: number | null;

  @Field(() => String, { nullable: true, description: "Only what precedes this cursor." })
  readonly before?: string | null;
}

@ObjectType({ description: "Where a page sits in its connection." })
export class PageInfo {
  @Field(() => String, {
    nullable: true,
    description: "Cursor of the last edge; pass it as `after` for the next page.",
  })
  readonly endCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Cursor of the first edge; pass it as `before` for the previous page.",
  })
  readonly startCursor!: string | null;

  @Field(() => Boolean, { description: "Whether more edges follow." })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether more edges precede." })
  readonly hasPreviousPage!: boolean;
}

/** A page of a connection as its resolver gives it; `count` runs only when `totalCount` is asked for. */
export interface Page<T> {
  readonly edges: PageEdge<T>[];
  readonly nodes: T[];
  readonly pageInfo: PageInfo;
  count(): Promise<number>;
}

/** Reads one slice of a list. */
export type ReadSlice<Row> = (slice: Slice) => Promise<Row[]>;

/** How a list is shown as a connection. */
export interface Listing<Row, T> {
  /** Goes into its cursors, so that another list or order refuses them. Without spaces. */
  readonly name: string;
  /** What it is ordered by. */
  readonly keys: readonly KeyType[];
  readonly read: ReadSlice<Row>;
  readonly count: () => Promise<number>;
  readonly positionOf: (row: Row) => Position;
  readonly show: (row: Row) => T;
}

/** Reads one page, at the same cost at every depth. Throws BAD_USER_INPUT for arguments that make no sense. */
export async function readPage<Row, T>(
  args: PageArgs,
  { name, keys, read, count, positionOf, show }: Listing<Row, T>,
): Promise<Page<T>> {
  const { from, size } = sizeOf(args);
  const [after, before] = [positionAt(args, "after", name, keys), positionAt(args, "before", name, keys)];
  // One row more than asked for tells whether there is another page.
  const rows = await read({ after, before, from, limit: size + 1 });
  const hasMore = rows.length > size;
  const inOrder = from === "START" ? rows.slice(0, size) : rows.slice(0, size).reverse();
  const edges = inOrder.map((row) => ({ cursor: cursorOf(name, positionOf(row)), node: show(row) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: from === "START" ? hasMore : before !== null,
      hasPreviousPage: from === "END" ? hasMore : after !== null,
    },
    count,
  };
}

function sizeOf({ first, last }: PageArgs): { from: Slice["from"]; size: number } {
  if (typeof first === "number" && typeof last === "number") {
    throw new BillingError("BAD_USER_INPUT", "Give either `first` or `last`, not both.");
  }
  const size = first ?? last ?? defaultPage;
  if (size < 0 || size > largestPage) {
    throw new BillingError("BAD_USER_INPUT", `A page has from 0 to ${largestPage} items.`);
  }
  return { from: typeof last === "number" ? "END" : "START", size };
}

function positionAt(
  args: PageArgs,
  argument: "after" | "before",
  list: string,
  keys: readonly KeyType[],
): Position | null {
  const cursor = args[argument];
  if (cursor === null || cursor === undefined) return null;
  const position = placeOf(cursor, list, keys);
  if (position) return position;
  throw new BillingError("BAD_USER_INPUT", `\`${argument}\` is not a cursor of this list; take one from its pages.`);
}

/** What a connection is called, and what it is of. */
export interface Noun {
  readonly one: string;
  readonly many: string;
}

/** An item of a page as its resolver gives it. */
export interface PageEdge<T> {
  readonly cursor: string;
  readonly node: T;
}

/** The edge type of a node type. Call it when the module loads, as `connectionOf`. */
export function edgeOf<T extends object>(node: ClassType<T>, name: string, { one }: Noun): ClassType<PageEdge<T>> {
  @ObjectType(`${name}Edge`, { description: `${one} in a page.` })
  class Edge implements PageEdge<T> {
    @Field(() => String, { description: "Cursor." })
    readonly cursor!: string;

    @Field(() => node, { description: `${one}.` })
    readonly node!: T;
  }
  return Edge;
}

/** The connection type of a node type, with an edge type of its own unless one is given. Call it when the module loads: type-graphql registers as it goes. */
export function connectionOf<T extends object>(
  node: ClassType<T>,
  name: string,
  noun: Noun,
  Edge = edgeOf(node, name, noun),
) {
  @ObjectType(`${name}Connection`, { description: `A page of ${noun.many}.` })
  class Connection implements Page<T> {
    @Field(() => [Edge], { description: "Edges." })
    readonly edges!: PageEdge<T>[];

    @Field(() => [node], { description: "Nodes without cursors." })
    readonly nodes!: T[];

    @Field(() => PageInfo, { description: "Paging." })
    readonly pageInfo!: PageInfo;

    readonly count!: () => Promise<number>;

    @Field(() => Int, { description: "Matches in all pages. Counted only when asked for." })
    totalCount(): Promise<number> {
      return this.count();
    }
  }
  return Connection;
}
