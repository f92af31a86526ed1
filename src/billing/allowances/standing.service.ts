import type { Db } from "../../db/client.js";
import { type Group, makeGroup } from "../../db/group.js";
import type { Deps } from "../../deps.js";
import type { Grant } from "../catalog/catalog.js";
import { momentOf } from "../moment.js";
import type { Holder, Standing } from "./allowance.js";
import { findStandings, findTiersInForce } from "./standing.repository.js";
import type { standingColumns } from "./standing.table.js";

/** What of a customer is asked about: one feature, or all of them. */
export interface Question extends Holder {
  readonly featureKey: string | null;
}

/** What tells one holder from another: somebody may be asked about as staff and as a customer in one operation. */
export function holderName({ userId, isAdmin }: Holder): string {
  return `${userId} ${isAdmin}`;
}

/** What tells one question from another. */
export function questionName(question: Question): string {
  return `${holderName(question)} ${question.featureKey ?? ""}`;
}

/** More than usage has, as no lock is held. */
const size = { statements: 4, items: 200 };

/** What judging takes; kept for as long as the process, so nothing of a request must hang on it. */
type Judge = Pick<Deps, "db" | "now" | "settings">;

/** Gates ask about one feature, pages about all: who asks for little must not wait for much. */
interface Readers {
  readonly ofOne: Group<Question, Standing[]>;
  readonly ofAll: Group<Question, Standing[]>;
}

const readers = new WeakMap<Db, Readers>();

/**
 * How customers stand, for each question in the order asked: the batch behind a loader. One statement answers all of
 * them, and with them what other requests of this process ask at the same time.
 */
export function loadStandings(deps: Deps, questions: readonly Question[]): Promise<Standing[][]> {
  const { ofOne, ofAll } = readersOf(deps);
  return (questions.some(({ featureKey }) => featureKey === null) ? ofAll : ofOne).ask(questions);
}

function readersOf({ db, now, settings }: Deps): Readers {
  const known = readers.get(db);
  if (known) return known;
  const answer = (questions: readonly Question[]) => answerQuestions({ db, now, settings }, questions);
  const made = { ofOne: makeGroup(answer, size), ofAll: makeGroup(answer, size) };
  readers.set(db, made);
  return made;
}

async function answerQuestions(deps: Judge, questions: readonly Question[]): Promise<Standing[][]> {
  const holders = new Map(questions.map((each) => [holderName(each), each]));
  const isAboutAll = questions.some(({ featureKey }) => featureKey === null);
  const features = isAboutAll ? null : [...new Set(questions.flatMap(({ featureKey }) => featureKey ?? []))];
  const standings = new Map<string, Standing[]>([...holders.keys()].map((name) => [name, []]));
  for (const row of await findStandings(deps.db, [...holders.values()], features, momentOf(deps))) {
    standings.get(holderName(row))?.push(toStanding(row.featureKey, row.isAdmin, row));
  }
  return questions.map((question) => {
    const all = standings.get(holderName(question)) ?? [];
    return question.featureKey === null ? all : all.filter(({ featureKey }) => featureKey === question.featureKey);
  });
}

/** How one customer stands with every feature, read now; not as staff. */
export async function standingsOf(deps: Deps, userId: string, now = deps.now()): Promise<Standing[]> {
  const rows = await findStandings(deps.db, [{ userId, isAdmin: false }], null, { ...momentOf(deps), now });
  return rows.map((row) => toStanding(row.featureKey, false, row));
}

/** The slug of the tier in force of each holder, in the order asked for: the batch behind a loader. */
export function loadTiersInForce(deps: Deps, holders: readonly Holder[]): Promise<string[]> {
  return findTiersInForce(deps.db, holders, momentOf(deps));
}

type Columns = { readonly [Name in keyof typeof standingColumns]: (typeof standingColumns)[Name]["_"]["type"] };

/** A row of the database as the domain has it. */
export function toStanding(featureKey: string, isAdmin: boolean, row: Columns): Standing {
  const { isIncluded, limit, source, used, periodStart: start, periodEnd: end, isAnchored, status, isPaidUp } = row;
  const grant: Grant = { isIncluded, limit };
  const held = { status, isEntitling: isPaidUp === true };
  return { featureKey, isAdmin, grant, source, used, period: { start, end }, isPeriodRunning: isAnchored, ...held };
}
