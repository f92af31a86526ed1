/** A record of a CSV file, with the line that it begins in, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads comma-separated values: cells may stand in quotes, and then hold commas, lines and doubled quotes. https://www.rfc-editor.org/rfc/rfc4180 */
export function* readCsv(text: string): Generator<CsvRecord> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const begins = line;
    const cells: string[] = [];
    for (;;) {
      const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
      cells.push(cell.value);
      line += cell.lines;
      at = cell.end;
      if (text[at] !== ",") break;
      at += 1;
    }
    if (text[at] === "\r") at += 1;
    if (at < text.length && text[at] !== "\n") throw new Error(`Line ${line}: a quoted cell is followed by more text.`);
    at += 1;
    line += 1;
    if (cells.length > 1 || cells[0] !== "") yield { line: begins, cells };
  }
}

/** One cell as it reads, in quotes where it needs them. */
export function csvCell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

interface Cell {
  readonly value: string;
  readonly end: number;
  /** Line breaks in it. */
  readonly lines: number;
}

const endOfPlain = /[,\r\n]|$/g;

function plainCell(text: string, start: number): Cell {
  endOfPlain.lastIndex = start;
  const end = endOfPlain.exec(text)?.index ?? text.length;
  return { value: text.slice(start, end), end, lines: 0 };
}

function quotedCell(text: string, start: number): Cell {
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) throw new Error("A quoted cell is not closed.");
    if (text[quote + 1] !== '"') {
      const value = text.slice(start + 1, quote).replaceAll('""', '"');
      return { value, end: quote + 1, lines: value.split("\n").length - 1 };
    }
    from = quote + 2;
  }
}
