import { curveOf, type Scale, xOf } from './curves.js';
import type { ComponentChildren } from './preact.js';
import { useState } from './preact.js';

/** A curve over time, whose points pointer and keyboard read out. */
export interface PlotProps {
  readonly title: string;
  readonly note?: string;
  /** For those who do not see it. */
  readonly summary: string;
  readonly values: readonly (number | null)[];
  readonly fromMs: number;
  readonly stepSeconds: number;
  readonly scale: Scale;
  /** Lines across, with their words. */
  readonly ticks: readonly (readonly [value: number, text: string])[];
  readonly line?: { readonly value: number; readonly text: string } | undefined;
  /** Points at which the provider asked for less. */
  readonly marks?: readonly number[];
  readonly accent?: boolean;
  readonly valueText: (value: number | null) => string;
  readonly timeText: (ms: number) => string;
  /** Where the words of the time axis stand. */
  readonly everySeconds: number;
}

/** The height of the field of the curve, and of the words below it. */
export const PLOT_HEIGHT = 140;
const AXIS = 22;
const WIDTH = 1_000;

/**
 * Drawn as SVG by the server, too, so that it is there without script, follows the theme and forced colours, and costs no
 * library. Words stand at percentages of the width: nothing has to be measured.
 */
export function Plot(props: PlotProps) {
  const { title, note, values, fromMs, stepSeconds, valueText, timeText, scale, summary } = props;
  const last = values.length - 1;
  const [at, setAt] = useState<number | undefined>(undefined);
  const shown = at ?? last;
  const text = `${timeText(fromMs + shown * stepSeconds * 1_000)}: ${valueText(values[shown] ?? null)}`;
  const value = values[shown] ?? null;
  return (
    <figure>
      <h2>
        {title}
        {note ? <small>{note}</small> : null}
        <span class="read r">
          {at === undefined ? `now ${valueText(values[last] ?? null)}` : text}
        </span>
      </h2>
      <div class="plot">
        <Ticks ticks={props.ticks} scale={scale} />
        <div class="field">
          <svg height={PLOT_HEIGHT + AXIS} role="img" aria-label={summary}>
            <Curves {...props} />
            <Hours {...props} />
            {at === undefined || value === null ? null : (
              <Cursor percent={xOf(shown, values.length, 100)} y={scale(value)} />
            )}
          </svg>
          <input
            type="range"
            min={0}
            max={last}
            value={shown}
            aria-label={`${title}: point in time`}
            aria-valuetext={text}
            onInput={(event) => setAt(Number(event.currentTarget.value))}
            onFocus={() => setAt(shown)}
            onBlur={() => setAt(undefined)}
            onPointerMove={(event) => setAt(pointAt(event, values.length))}
            onPointerLeave={() => setAt(undefined)}
          />
        </div>
      </div>
    </figure>
  );
}

/** The point below the pointer. */
function pointAt(
  event: { readonly clientX: number; readonly currentTarget: HTMLElement },
  points: number,
): number {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  const share = (event.clientX - left) / Math.max(1, width);
  return Math.min(points - 1, Math.max(0, Math.round(share * (points - 1))));
}

function Ticks({ ticks, scale }: Pick<PlotProps, 'ticks' | 'scale'>) {
  return (
    <svg class="ticks" height={PLOT_HEIGHT + AXIS} aria-hidden="true">
      {ticks.map(([value, text]) => (
        <text x="100%" y={scale(value) + 4} text-anchor="end" key={text}>
          {text}
        </text>
      ))}
    </svg>
  );
}

function Curves({ values, scale, line, ticks, marks = [], accent = false }: PlotProps) {
  const frame = { width: WIDTH, height: PLOT_HEIGHT };
  const curve = curveOf(values, frame, scale, accent ? undefined : line?.value);
  const kind = accent ? ' acc' : '';
  const strokes = marks.map((at) => `M${xOf(at, values.length, WIDTH)} ${PLOT_HEIGHT}v-8`).join('');
  const across = ticks.map(([value]) => `M0 ${scale(value).toFixed(1)}H${WIDTH}`).join('');
  return (
    <>
      <svg
        width="100%"
        height={PLOT_HEIGHT}
        viewBox={`0 0 ${WIDTH} ${PLOT_HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path class="grid" d={across} />
        <path class={`area${kind}`} d={curve.area} />
        <path class="over" d={curve.over} />
        {line ? <path class="tgt" d={`M0 ${scale(line.value).toFixed(1)}H${WIDTH}`} /> : null}
        <path class="mark" d={strokes} />
        <path class={`ln${kind}`} d={curve.line} />
        <path class="axis" d={`M0 ${PLOT_HEIGHT}H${WIDTH}`} />
      </svg>
      {line ? (
        <text x="1%" y={scale(line.value) - 5} class="strong">
          {line.text}
        </text>
      ) : null}
    </>
  );
}

/** Words of the time axis at whole multiples of `everySeconds`. */
function Hours({ values, fromMs, stepSeconds, timeText, everySeconds }: PlotProps) {
  const words: ComponentChildren[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const ms = fromMs + at * stepSeconds * 1_000;
    const share = xOf(at, values.length, 100);
    const isAt = ms % (everySeconds * 1_000) < stepSeconds * 1_000;
    if (isAt && share > 3 && share < 91)
      words.push(
        <text x={`${share.toFixed(2)}%`} y={PLOT_HEIGHT + 16} text-anchor="middle" key={at}>
          {timeText(ms)}
        </text>,
      );
  }
  return (
    <>
      {words}
      <text x="100%" y={PLOT_HEIGHT + 16} text-anchor="end" class="strong">
        now
      </text>
    </>
  );
}

function Cursor({ percent, y }: { percent: number; y: number }) {
  return (
    <>
      <line class="cur" x1={`${percent}%`} x2={`${percent}%`} y1={0} y2={PLOT_HEIGHT} />
      <circle class="dot" cx={`${percent}%`} cy={y} r={3.2} />
    </>
  );
}
