import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { statPath } from '../../src/file-stat.js';
import { MOST_LANDMARKS, readJob } from '../../src/scale/job-form.js';
import { proofOf, sourceDiffers } from '../../src/scale/source-proof.js';
import { temporaryFolder } from '../world/folder.js';

function folderWith(folders: readonly string[]): string {
  const root = join(temporaryFolder('source'), 'root');
  mkdirSync(root);
  for (const path of folders) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'file'), 'x');
  return root;
}

const MANY = Array.from({ length: 30 }, (_, at) => `d${at}`);

test('a source is the same by another path, and after files were saved in place of others', async () => {
  const root = folderWith(['a/b', 'c']);
  const proof = await proofOf(root);
  expect(proof.root).toBe(String(statPath(root).ino));
  expect(proof.landmarks.map(([path]) => path).sort()).toEqual(['a', 'a/b', 'c']);
  const link = join(root, '..', 'link');
  symlinkSync(root, link);
  writeFileSync(join(root, 'new'), 'y');
  renameSync(join(root, 'new'), join(root, 'file'));
  expect(await sourceDiffers(proof, link)).toBeUndefined();
});

test('a copy of it is another source, and so is a folder that is not there', async () => {
  const root = folderWith(MANY);
  const proof = await proofOf(root);
  const copy = join(root, '..', 'copy');
  cpSync(root, copy, { recursive: true });
  expect(await sourceDiffers(proof, copy)).toMatch(
    /is another folder than the coordinator's \(inode/,
  );
  rmSync(copy, { recursive: true });
  expect(await sourceDiffers(proof, copy)).toMatch(/is not there: is it mounted/);
});

test('some folders may have gone since; with half of them gone it counts as another source', async () => {
  const root = folderWith(MANY);
  const proof = await proofOf(root);
  expect(proof.landmarks).toHaveLength(MOST_LANDMARKS);
  const paths = proof.landmarks.map(([path]) => path);
  for (const path of paths.slice(0, MOST_LANDMARKS / 2 - 1))
    rmSync(join(root, path), { recursive: true });
  expect(await sourceDiffers(proof, root)).toBeUndefined();
  rmSync(join(root, paths[MOST_LANDMARKS / 2 - 1] ?? ''), { recursive: true });
  expect(await sourceDiffers(proof, root)).toMatch(/8 of 16 folders/);
});

test('a source without folders is proved by its root alone, and one that is missing not at all', async () => {
  const root = folderWith([]);
  expect((await proofOf(root)).landmarks).toEqual([]);
  await expect(proofOf(join(root, 'missing'))).rejects.toThrow();
});

test('a proof goes through the form of a job', async () => {
  const source = await proofOf(folderWith(['a']));
  const job = {
    mirror: 'documents',
    payload: '',
    settings: { place: 'x' },
    epoch: { session: 's', fence: 1 },
    source,
  };
  expect(readJob(JSON.parse(JSON.stringify(job)))).toEqual(job);
  expect(readJob({ ...job, epoch: undefined })).toBeUndefined();
  expect(readJob({ ...job, source: { ...source, root: '-1' } })).toBeUndefined();
});
