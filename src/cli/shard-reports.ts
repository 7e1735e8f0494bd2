import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReportHeader, ReportLine } from '../sync/shards/report-format.js';
import { putReport } from '../sync/shards/report-objects.js';
import { openReportWriter } from '../sync/shards/report-writer.js';
import type { PlaceCommand } from './open-place.js';

/** The reports of a shard, on their way to the daemon. */
export interface ShardReports {
  add(line: ReportLine): void;
  /** Resolves when all are where they are to be: what was read is not lost, whatever the container answers. */
  finish(): Promise<DeliveredReports>;
}

export interface DeliveredReports {
  /** Keys of the objects. */
  readonly keys: readonly string[];
  /** The file that has those that are not in the container; undefined: none is. */
  readonly file: string | undefined;
  /** Why the container has not taken one; undefined: it has, or was not asked to. */
  readonly refusal: Error | undefined;
}

/** `file`: where all reports go; undefined: into the container and, what it refuses, into a file of the current folder. */
export function openShardReports(
  { place, backend, io, signal }: Pick<PlaceCommand, 'place' | 'backend' | 'io' | 'signal'>,
  header: ReportHeader,
  file: string | undefined,
): ShardReports {
  const keys: string[] = [];
  let refusal: Error | undefined;
  let kept = file === undefined ? undefined : openFile(resolve(io.cwd, file));

  async function deliver(compressed: Buffer): Promise<void> {
    if (kept === undefined)
      try {
        keys.push(await putReport(backend, place, header, compressed, signal));
        return;
      } catch (error) {
        refusal = error instanceof Error ? error : new Error(String(error));
        kept = openFile(resolve(io.cwd, spareName(header)));
      }
    kept.add(compressed);
  }

  const writer = openReportWriter({
    header,
    deliver,
    evenEmpty: file !== undefined,
    clock: io.clock,
  });
  return {
    add: writer.add,
    async finish() {
      await writer.finish();
      return { keys, file: kept?.finish(), refusal };
    },
  };
}

function spareName({ snapshot, shard }: ReportHeader): string {
  return `longshore-verified-${snapshot}-${shard.replace('/', 'of')}-${randomUUID()}.gz`;
}

/** A file of reports, one after the other. It has its name once it is durable. @throws the errors of the disk */
function openFile(path: string) {
  const temporary = `${path}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, 'wx', 0o600); // names of files are not for everybody
  return {
    add(bytes: Buffer): void {
      for (let at = 0; at < bytes.byteLength; ) at += writeSync(descriptor, bytes, at);
    },
    finish(): string {
      fsyncSync(descriptor);
      closeSync(descriptor);
      renameSync(temporary, path);
      return path;
    },
  };
}
