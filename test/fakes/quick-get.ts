import type { Backend } from '../../src/drivers/backend.js';
import type { GetOutcome } from '../../src/drivers/quick-get.js';
import { createQuickRun } from '../../src/drivers/quick-run.js';

/** The same backend, which reads many objects with a request each. */
export function withQuickGet(backend: Backend): Backend {
  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      quickGet: {
        getEach(container, objects, answered, passage, call) {
          async function get(row: number): Promise<GetOutcome> {
            const { key, etag } = objects[row]!;
            try {
              const ref = { container, key };
              const info = await backend.headObject(ref, call);
              const chunks: Uint8Array[] = [];
              const read = { ...ref, ...(etag !== undefined && { etag }) };
              for await (const chunk of await backend.readObject(read, undefined, call))
                chunks.push(chunk);
              answered(row, info, Buffer.concat(chunks));
              return { read: true };
            } catch (error) {
              return { error: error as Error };
            }
          }
          const begin = (row: number) => void get(row).then((outcome) => run.ended(row, outcome));
          const sizes = objects.map(({ size }) => size);
          const run = createQuickRun<GetOutcome>({ sizes, passage, begin }, call);
          return run.outcomes();
        },
      },
    },
  };
}
