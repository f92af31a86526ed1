/** How far work has come. */
export interface Progress {
  readonly done: number;
  /** Null where nobody knows how much there is. */
  readonly total: number | null;
  /** What is counted, in the plural. */
  readonly unit: string;
  /** What else is to be said, such as why it waits. */
  readonly note?: string;
}

/** Shows progress, and leaves the line when it is over. */
export interface ProgressBar {
  show(progress: Progress): void;
  end(): void;
}

/** What a bar is shown on. */
export interface Display {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A terminal is written to no more often; milliseconds. */
const redrawMs = 100;
/** A log gets a line no more often, unless there is something else to say; milliseconds. */
const logMs = 5_000;

/**
 * A progress bar on standard error, so that what a command finds can be kept by itself. On a terminal it is one line,
 * written over and over; elsewhere there is a line every few seconds, and whenever the note changes.
 */
export function openProgressBar(display: Display = process.stderr, now = () => performance.now()): ProgressBar {
  const startedAt = now();
  let first: number | undefined;
  let shown: { line: string; note: string | undefined; at: number } | undefined;
  let latest: Progress | undefined;

  const draw = (progress: Progress) => {
    const at = now();
    // What was done before this run says nothing of how fast it goes.
    first ??= progress.done;
    const pace = { done: progress.done - first, elapsedMs: at - startedAt };
    const line = display.isTTY ? renderBar(progress, pace, widthOf(display)) : renderText(progress, pace);
    if (line !== shown?.line) display.write(display.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    shown = { line, note: progress.note, at };
  };

  return {
    show(progress) {
      latest = progress;
      const isDue = !shown || now() - shown.at >= (display.isTTY ? redrawMs : logMs);
      if (isDue || progress.note !== shown?.note) draw(progress);
    },
    end() {
      if (latest) draw(latest);
      if (display.isTTY && shown) display.write("\n");
    },
  };
}

/** A terminal that does not know its width says 0. */
function widthOf({ columns = 0 }: Display): number {
  return columns > 0 ? columns : 80;
}

/** What this run has done, and in what time. */
interface Pace {
  readonly done: number;
  readonly elapsedMs: number;
}

/** A line of at most so many columns: `[##########----------]  50%  5 of 10 customers; 2.0 a second, about 3 s left`. */
export function renderBar(progress: Progress, pace: Pace, columns: number): string {
  const { done, total } = progress;
  const text = renderText(progress, pace);
  if (total === null) return text.slice(0, columns - 1);
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(share * barWidth);
  const bar = `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}]`;
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)}%  ${text}`.slice(0, columns - 1);
}

const barWidth = 20;

/** What matters most comes first: a narrow terminal cuts off the rest. */
function renderText({ done, total, unit, note }: Progress, pace: Pace): string {
  const count = total === null ? `${grouped(done)} ${unit}` : `${grouped(done)} of ${grouped(total)} ${unit}`;
  const parts = [count, ...(note === undefined ? [] : [note]), ...speedOf(total === null ? 0 : total - done, pace)];
  // A note may quote somebody else's message, and must stay in its line.
  return parts.join("; ").replace(/\p{Cc}+/gu, " ");
}

function speedOf(left: number, { done, elapsedMs }: Pace): string[] {
  if (done <= 0 || elapsedMs < 1_000) return [];
  const perSecond = done / (elapsedMs / 1_000);
  const speed = `${perSecond.toFixed(1)} a second`;
  return [left > 0 ? `${speed}, about ${duration(left / perSecond)} left` : speed];
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
