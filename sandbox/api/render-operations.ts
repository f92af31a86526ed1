import type { Operation } from "./operation.js";
import { notHere, type Shape, shapeOf } from "./params.js";

/** The README's table of operations: every one, and the parameters of Stripe's that it refuses by name. */
export function renderOperationsTable(operations: Operation[]): string {
  const rows = operations
    .map(({ method, path, params }) => {
      const refused = refusedParams(params).map((name) => `\`${name}\``);
      return { order: `${path} ${method}`, cells: [`\`${method} ${path}\``, refused.join(", ") || "–"] };
    })
    .sort((one, other) => (one.order < other.order ? -1 : 1))
    .map(({ cells }) => `| ${cells.join(" | ")} |`);
  return ["| operation | parameters it does not have |", "| --- | --- |", ...rows].join("\n");
}

function refusedParams(shape: Shape, within = ""): string[] {
  return Object.entries(shape).flatMap(([name, reader]) => {
    const at = within === "" ? name : `${within}[${name}]`;
    if (reader === notHere) return [at];
    const inner = shapeOf(reader);
    return inner ? refusedParams(inner, at) : [];
  });
}
