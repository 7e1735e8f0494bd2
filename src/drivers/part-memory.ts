import { MD5_WORKSPACE } from '../md5-lanes.js';
import { createSharedMemory, type SharedMemory } from '../web-assembly.js';

const MIB = 2 ** 20;
/** Bytes for parts: those of two files to any provider. */
const MOST_BYTES = 112 * MIB;
/** Bytes for the parts of one file, unless these are so large that WANTED of them take more. */
const BYTES_A_FILE = 48 * MIB;
/** More of one file are not hashed together. */
const MOST = 8;
/** Those on their way, and the next one. */
const WANTED = 5;
/** As many as are on their way at once. With fewer the file would be sent more slowly. */
const FEWEST = 4;

/** Memory for parts of one file: so many of so many bytes each, one behind the other. */
export interface PartSlots {
  /** Address of the first one. */
  readonly begin: number;
  readonly bytes: number;
  readonly count: number;
}

/** Memory that a thread shares with those that send what it has read, so that nothing is copied between them. */
export interface PartMemory {
  readonly memory: SharedMemory;
  /** Memory for parts of a file; undefined: there is too little left for parts of this size. */
  reserve(partSize: number, fileSize: number): PartSlots | undefined;
  /** To be called once, when no slot is in use any more. */
  free(slots: PartSlots): void;
}

/** Where in the memory Md5Lanes works. */
export const WORKSPACE_BEGIN = 0;

/** The system gives memory for a page when it is written to. @throws RangeError when there is not so much of it */
export function createPartMemory(mostBytes = MOST_BYTES): PartMemory {
  const first = WORKSPACE_BEGIN + MD5_WORKSPACE;
  const end = first + mostBytes;
  /** By their addresses. */
  let reserved: readonly PartSlots[] = [];

  /** The address of the first gap of so many bytes. */
  function gapOf(bytes: number): number | undefined {
    let begin = first;
    for (const slots of reserved) {
      if (slots.begin - begin >= bytes) return begin;
      begin = slots.begin + slots.bytes * slots.count;
    }
    return end - begin >= bytes ? begin : undefined;
  }

  return {
    memory: createSharedMemory(end),
    reserve(partSize, fileSize) {
      const bytes = Math.min(partSize, fileSize);
      const parts = Math.ceil(fileSize / partSize);
      const liked = Math.min(MOST, Math.max(WANTED, Math.floor(BYTES_A_FILE / bytes)));
      const fewest = Math.max(1, Math.min(FEWEST, parts));
      for (let count = Math.min(liked, parts); count >= fewest; count -= 1) {
        const begin = gapOf(bytes * count);
        if (begin === undefined) continue;
        const slots = { begin, bytes, count };
        reserved = [...reserved, slots].sort((a, b) => a.begin - b.begin);
        return slots;
      }
      return undefined;
    },
    free(slots) {
      reserved = reserved.filter((each) => each !== slots);
    },
  };
}
