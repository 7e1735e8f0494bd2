import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const PIECE = 2 ** 20;

/** Files below `root`, so many to a folder, of so many bytes each. Contents differ, so that no tool can take one for another. */
export function makeTree(root: string, files: number, perFolder: number, bytes: number): void {
  const piece = Buffer.alloc(Math.min(bytes, PIECE));
  for (let at = 0; at < files; at += 1) {
    const folder = join(root, `d${Math.floor(at / perFolder)}`);
    if (at % perFolder === 0) mkdirSync(folder, { recursive: true });
    piece.fill(`${at} `);
    const file = openSync(join(folder, `f${at}`), 'w');
    // A piece at a time: what is measured afterwards should find memory as it was.
    for (let written = 0; written < bytes; written += piece.byteLength)
      writeSync(file, piece, 0, Math.min(piece.byteLength, bytes - written));
    closeSync(file);
  }
}
