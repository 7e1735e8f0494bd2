import { type AskOptions, askDaemon } from './client.js';
import type { GuardControl, HeldAnswers } from './guard-control.js';

/** Deciding of a million objects writes as many records. */
const PATIENCE_MS = 600_000;

/** The guard of a running daemon's mirror. Calls reject as `askDaemon` does; a late decision, with DaemonAnswerError. */
export function daemonGuardControl(mirror: string, options: AskOptions): GuardControl {
  async function ask<Answer extends keyof HeldAnswers>(
    method: 'GET' | 'POST',
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<HeldAnswers[Answer]> {
    const target = `${path}?${new URLSearchParams({ mirror, ...query })}`;
    return (await askDaemon(method, target, {
      ...options,
      patienceMs: PATIENCE_MS,
    })) as HeldAnswers[Answer];
  }

  return {
    describe: () => ask<'described'>('GET', '/held'),
    async *list(from) {
      let after = from;
      for (;;) {
        const { objects, more } = await ask<'listed'>(
          'GET',
          '/held/objects',
          after === undefined ? {} : { after },
        );
        yield* objects;
        if (!more) return;
        after = objects.at(-1)?.name;
      }
    },
    approve: async (id) => (await ask<'decided'>('POST', '/approve', { id })).changed,
    reject: async (id) => (await ask<'decided'>('POST', '/reject', { id })).changed,
    undoRejections: async () => (await ask<'decided'>('POST', '/reject/undo')).changed,
  };
}
