import type { IconName, Tone } from './states.js';

/** A sign beside a word that says the same, so it has no name of its own. */
export function Icon({ name, tone, big = false }: { name: IconName; tone?: Tone; big?: boolean }) {
  const classes = ['i', ...(big ? ['big'] : []), ...(tone ? [`s-${tone}`] : [])].join(' ');
  return (
    <svg class={classes} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}

/** Strokes of each sign on a field of 16 by 16. */
const STROKES: readonly (readonly [name: IconName, path: string, circle?: true])[] = [
  ['ok', 'M5.1 8.2l2 2 3.8-4.2', true],
  ['behind', 'M8 4.4V8l2.6 1.7', true],
  ['degraded', 'M8 2 14.6 13.6H1.4zM8 6.4v3.4M8 11.6v.1'],
  ['paused', 'M6.3 5.6v4.8M9.7 5.6v4.8', true],
  ['quar', 'M3.7 12.3l8.6-8.6', true],
  ['diff', 'M3 6h10M3 10h10M10.6 2.8 5.4 13.2'],
  ['up', 'M8 13V3.4M4.2 7 8 3.2 11.8 7'],
  ['copy', 'M2.6 8h9.2M8.4 4.4 12 8l-3.6 3.6'],
  ['trash', 'M3 4.4h10M6.2 4.2V2.6h3.6v1.6M4.3 4.6l.6 8.8h6.2l.6-8.8'],
  ['meta', 'M3 4.6h10M3 8h10M3 11.4h6'],
  ['event', 'M9 1.8 3.6 9H8l-1 5.2L12.4 7H8z'],
  ['fork', 'M8 14V9M8 9 3.6 4.6M8 9l4.4-4.4M3.4 7.4v-3h3M12.6 7.4v-3h-3'],
  ['x', 'M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8'],
  ['chev', 'M5.6 3l5 5-5 5'],
];

const FILLED: readonly (readonly [name: IconName, path: string])[] = [
  ['held', 'M5 1h6l4 4v6l-4 4H5l-4-4V5zM5.4 4.6v6.8h1.8V4.6zM8.8 4.6v6.8h1.8V4.6z'],
  [
    'down',
    'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM5.8 4.6 8 6.8l2.2-2.2 1.2 1.2L9.2 8l2.2 2.2-1.2 1.2L8 9.2l-2.2 2.2-1.2-1.2L6.8 8 4.6 5.8z',
  ],
];

/** The sheet of all signs, once in each page. */
export function IconSheet() {
  return (
    <svg width="0" height="0" aria-hidden="true" focusable="false" class="vh">
      <defs>
        {STROKES.map(([name, path, circle]) => (
          <symbol id={`i-${name}`} viewBox="0 0 16 16" key={name}>
            {circle ? <circle cx="8" cy="8" r="6.4" /> : null}
            <path d={path} />
          </symbol>
        ))}
        {FILLED.map(([name, path]) => (
          <symbol id={`i-${name}`} viewBox="0 0 16 16" key={name}>
            <path fill="currentColor" stroke="none" fill-rule="evenodd" d={path} />
          </symbol>
        ))}
        <symbol id="i-start" viewBox="0 0 16 16">
          <circle cx="8" cy="8" r="6.4" stroke-dasharray="2.4 2.4" />
        </symbol>
        <symbol id="i-eye" viewBox="0 0 16 16">
          <path d="M1.6 8S4 3.9 8 3.9 14.4 8 14.4 8 12 12.1 8 12.1 1.6 8 1.6 8z" />
          <circle cx="8" cy="8" r="1.8" />
        </symbol>
        <symbol id="i-theme" viewBox="0 0 16 16">
          <circle cx="8" cy="8" r="6.4" />
          <path fill="currentColor" stroke="none" d="M8 1.6a6.4 6.4 0 0 1 0 12.8z" />
        </symbol>
      </defs>
    </svg>
  );
}
