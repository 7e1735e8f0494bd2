import { childController } from './signal.js';

/**
 * Runs tasks side by side until one ends or fails, or `parent` is aborted; the others are then aborted and awaited.
 * Rejects with what failed first. An abort of `parent` is not a failure.
 */
export async function untilFirstEnds(
  parent: AbortSignal,
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const { controller, unlink } = childController(parent);
  let failure: { readonly error: unknown } | undefined;
  try {
    await Promise.all(
      tasks.map(async (task) => {
        try {
          await task(controller.signal);
        } catch (error) {
          if (!controller.signal.aborted) failure ??= { error };
        } finally {
          controller.abort(new Error('another part of the same work has ended'));
        }
      }),
    );
  } finally {
    unlink();
  }
  if (failure) throw failure.error;
}
