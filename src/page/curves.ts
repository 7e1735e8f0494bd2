/** Paths of a curve in SVG's syntax; empty where there is nothing to draw. */
export interface Curve {
  /** Broken where a value is null: what was not seen is not guessed. */
  readonly line: string;
  /** Between the line and the base. */
  readonly area: string;
  /** What is above the threshold, down to it. */
  readonly over: string;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
}

/** Where a value stands, in units of the frame from its top. */
export type Scale = (value: number) => number;

const round = (amount: number): string => String(Math.round(amount * 10) / 10);

/** The x of point `at` of so many. */
export function xOf(at: number, points: number, width: number): number {
  return points <= 1 ? width : (width * at) / (points - 1);
}

/** The curve of values at equal steps. A lone value between two gaps is a short level line, so that it can be seen. */
export function curveOf(
  values: readonly (number | null)[],
  { width, height }: Frame,
  scale: Scale,
  threshold?: number,
): Curve {
  const runs = runsOf(values);
  const x = (at: number): string => round(xOf(at, values.length, width));
  const points = ({ first, run }: Run): string =>
    run.map((value, step) => `${x(first + step)} ${round(scale(value))}`).join(' ');
  const last = ({ first, run }: Run) => first + run.length - 1;
  return {
    line: runs.map((each) => `M${points(each)}${each.run.length === 1 ? 'h1.5' : ''}`).join(''),
    area: runs
      .filter(({ run }) => run.length > 1)
      .map((each) => `M${x(each.first)} ${height}L${points(each)}L${x(last(each))} ${height}z`)
      .join(''),
    over:
      threshold === undefined
        ? ''
        : runs
            .flatMap((each) => partsAbove(each, threshold))
            .map((each) => overPath(each, x, scale, threshold))
            .join(''),
  };
}

interface Run {
  readonly first: number;
  readonly run: readonly number[];
}

/** The values without their gaps. */
function runsOf(values: readonly (number | null)[]): readonly Run[] {
  const runs: { first: number; run: number[] }[] = [];
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    const open = runs.at(-1);
    if (open && open.first + open.run.length === at) open.run.push(value);
    else runs.push({ first: at, run: [value] });
  }
  return runs;
}

function partsAbove({ first, run }: Run, threshold: number): readonly Run[] {
  return runsOf(run.map((value) => (value > threshold ? value : null))).map((part) => ({
    first: first + part.first,
    run: part.run,
  }));
}

function overPath(
  { first, run }: Run,
  x: (at: number) => string,
  scale: Scale,
  threshold: number,
): string {
  const level = round(scale(threshold));
  const points = run.map((value, step) => `${x(first + step)} ${round(scale(value))}`).join(' ');
  return `M${x(first)} ${level}L${points}L${x(first + run.length - 1)} ${level}z`;
}

/** Below and above the target, as factors: what lies outside is drawn at the edge. */
const LEAST = 1 / 30;
const MOST = 20;

/**
 * The lag of any mirror on one scale: the target is at half the height, so that rows with different targets compare;
 * logarithmic from a thirtieth to the twentyfold of it.
 */
export function lagScale(targetSeconds: number, height: number, pad = 2): Scale {
  const half = height / 2;
  return (seconds) => {
    const factor = Math.min(MOST, Math.max(LEAST, seconds / Math.max(1, targetSeconds)));
    const share =
      factor < 1 ? -Math.log(factor) / Math.log(1 / LEAST) : -Math.log(factor) / Math.log(MOST);
    return half + share * (half - pad);
  };
}

/** From nothing at the base to `most` at the top. */
export function linearScale(most: number, height: number, pad = 1): Scale {
  const top = Math.max(most, Number.MIN_VALUE);
  return (value) => height - pad - (Math.min(value, top) / top) * (height - 2 * pad);
}

/** From 1 s at the base to `most` at the top, logarithmic. */
export function logScale(most: number, height: number, pad = 1): Scale {
  const top = Math.max(most, 2);
  return (value) =>
    height -
    pad -
    (Math.log(Math.min(top, Math.max(1, value))) / Math.log(top)) * (height - 2 * pad);
}

/** The largest value that is known; 0 when none is. */
export function largest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

/** The next of 1, 2, 5 times a power of 1024 or ten: a round number for an axis of bytes. */
export function roundTop(bytesPerSecond: number): number {
  let unit = 1;
  while (unit * 1024 <= bytesPerSecond) unit *= 1024;
  for (const factor of [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1024])
    if (unit * factor >= bytesPerSecond) return unit * factor;
  return unit * 1024;
}
