import type { Policy } from '../decide.js';
import { fitsBatch, plainUpload, touchedFile } from '../plain-upload.js';
import { BATCH_NAME_BYTES, type BatchedFile, packBatch } from '../upload-batch.js';
import type { Finding } from './compare.js';
import type { FoundBatch } from './scan-items.js';

/** Fewer files than this are findings: a batch has two commits of its own, which they would not share. */
const SMALLEST_BATCH = 16;

/** Collects plain uploads and touched files among a scan's findings, in their order, and gives them out as batches. */
export interface UploadPacker {
  /** What is to be given out now for this finding: itself, a batch that it did not fit into, or nothing yet. */
  add(finding: Finding): readonly (Finding | FoundBatch)[];
  /** What was collected and not given out. */
  flush(): readonly (Finding | FoundBatch)[];
}

/** `most`: files of a batch. */
export function createUploadPacker(policy: Policy, most: number): UploadPacker {
  let findings: Finding[] = [];
  let files: BatchedFile[] = [];
  let bytes = 0;
  let nameBytes = 0;

  function flush(): readonly (Finding | FoundBatch)[] {
    const collected = { findings, files };
    findings = [];
    files = [];
    bytes = 0;
    nameBytes = 0;
    return collected.files.length < SMALLEST_BATCH
      ? collected.findings
      : [{ kind: 'uploads', batch: packBatch(collected.files) }];
  }

  return {
    add(finding) {
      const file = plainUpload(finding, policy) ?? touchedFile(finding, policy);
      // What replaces an object must not overtake the new name of the file that was there.
      if (file === undefined)
        return finding.known === undefined ? [finding] : [...flush(), finding];
      // With the NUL between it and the next one.
      const ownNameBytes = Buffer.byteLength(file.entry.path) + 1;
      const fits = fitsBatch(bytes, file) && nameBytes + ownNameBytes <= BATCH_NAME_BYTES;
      const full = files.length === most || !fits ? flush() : [];
      findings.push(finding);
      files.push(file);
      bytes += file.entry.size;
      nameBytes += ownNameBytes;
      return full;
    },
    flush,
  };
}
