import { escapeUnprintable, printable } from '../printable.js';
import type { Attention } from './schema-status.js';
import { duration } from './units.js';

/** Lines for a terminal: what waits for a person, then what goes on by itself. */
export function attentionText(attention: readonly Attention[], nowMs: number): string {
  const needs = attention.filter(({ needsYou }) => needsYou);
  const others = attention.filter(({ needsYou }) => !needsYou);
  return [
    ...(needs.length === 0 ? [] : ['NEEDS YOU', ...needs.map((one) => line(one, nowMs))]),
    ...(others.length === 0 ? [] : ['GOES ON BY ITSELF', ...others.map((one) => line(one, nowMs))]),
  ].join('\n');
}

function line({ mirror, target, text, sinceMs }: Attention, nowMs: number): string {
  const about = mirror ?? target;
  const age = sinceMs === null ? '' : ` (for ${duration((nowMs - sinceMs) / 1000)})`;
  return `  ${about === null ? '' : `${printable(about)}: `}${escapeUnprintable(text)}${age}`;
}
