import { createHistory, type History } from './history.js';

/** By name, pairs of a second and what the name holds from then on; `-` for nothing. */
export function made(
  steps: Readonly<Record<string, readonly (readonly [second: number, content: string])[]>>,
): History {
  const { history, record } = createHistory();
  for (const [name, changes] of Object.entries(steps)) {
    for (const [second, content] of changes)
      record(name, {
        beganMs: second * 1_000,
        endedMs: second * 1_000 + 1,
        content: content === '-' ? undefined : content,
      });
  }
  return history;
}
