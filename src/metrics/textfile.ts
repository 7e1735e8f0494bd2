import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes the metrics for the textfile collector of node_exporter, which reads every `*.prom` of its folder: the name is given
 * once the text is whole, and the file may be read by others. Rejects when it cannot be written; the old file is then kept.
 */
export async function writeMetricsFile(path: string, text: string): Promise<void> {
  // The collector reads no name that does not end in .prom.
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Error(
      `cannot write the metrics to ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
