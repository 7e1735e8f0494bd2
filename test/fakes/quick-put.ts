import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import type { PutOutcome, QuickObject } from '../../src/drivers/capabilities.js';
import { createPutRun } from '../../src/drivers/put-run.js';

/** The same backend, which takes many objects by a request each, and nothing else for many at once. */
export function withQuickPut(backend: Backend): Backend {
  async function put(
    container: string,
    { key, md5, bytes, options }: QuickObject,
    signal: AbortSignal,
  ): Promise<PutOutcome> {
    const checksums = [{ algorithm: 'md5', hex: md5 }] as const;
    const body = bytesBody(bytes);
    try {
      const info = await backend.putObject(
        { container, key },
        body,
        { ...options, checksums },
        { signal },
      );
      return { stored: { md5: info.checksums[0]?.hex ?? '', etag: String(info.extra['etag']) } };
    } catch (error) {
      return { error: error as Error };
    }
  }

  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      batchPut: undefined,
      quickPut: {
        putEach(container, objects, passage, call) {
          const run = createPutRun(
            {
              sizes: objects.map(({ size }) => size),
              passage,
              begin: (row) =>
                void put(container, objects[row]!, call.signal).then((outcome) =>
                  run.ended(row, outcome),
                ),
            },
            call,
          );
          return run.outcomes();
        },
      },
    },
  };
}
