/** Memory of WebAssembly that threads share. It begins at a page of the system. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

/** What is used of WebAssembly, whose types TypeScript has for browsers alone. */
interface WebAssemblyInterface {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => SharedMemory;
  readonly Module: new (code: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly memory: { readonly memory: SharedMemory } },
  ) => { readonly exports: unknown };
}

export const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: WebAssemblyInterface;
};

const PAGE = 65_536;

/** @throws RangeError when there is not so much memory */
export function createSharedMemory(bytes: number): SharedMemory {
  const pages = Math.ceil(bytes / PAGE);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
