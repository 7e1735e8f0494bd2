import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SINK = fileURLToPath(new URL('s3-sink.js', import.meta.url));

/** The sink as a process of its own; its container "bench" holds so many empty objects from the beginning. */
export async function startSink(objects = 0): Promise<{ readonly port: number; stop(): void }> {
  const sink = spawn(process.execPath, [SINK, String(objects)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    sink.stdout.once('data', (text) => resolve(Number(String(text).trim())));
    sink.once('error', reject);
    sink.once('exit', () => reject(new Error('the sink ended')));
  });
  return { port, stop: () => void sink.kill() };
}
