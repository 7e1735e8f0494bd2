/** Repeats a check until it passes. Rejects with its last failure when it has not passed in time. */
export async function eventually(
  check: () => void | Promise<void>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
