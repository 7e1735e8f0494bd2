import { createHash } from 'node:crypto';
import { isoTime } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { Call, ObjectInfo } from '../../drivers/call.js';
import { pages } from '../../drivers/pages.js';
import type { InventoryRule } from '../inventory-rule.js';
import { InventoryProblem } from './inventory-error.js';
import { type InventoryManifest, readManifest } from './manifest.js';

/** The newest inventory that was delivered whole. */
export interface FoundInventory extends InventoryManifest {
  /** Key of its manifest.json. */
  readonly key: string;
  readonly ageMs: number;
}

/** Bytes; a manifest has some 150 for each file, and a file some million objects. */
const LARGEST_MANIFEST = 64 * 1024 ** 2;
const LARGEST_CHECKSUM = 1024;
/** How far the clocks of the provider and of this machine may be apart. */
const SKEW_MS = 3_600_000;
const HOUR_MS = 3_600_000;
const DELIVERED = /^(\d{4}-\d\d-\d\dT\d\d-\d\dZ)\/manifest\.(json|checksum)$/;

/**
 * Finds the newest inventory of a container that is there with its checksum. Rejects with InventoryProblem when there is none,
 * when its manifest is damaged, of another container or not readable here, and when it is too old; else as the driver does.
 */
export async function findInventory(
  backend: Backend,
  source: string,
  rule: InventoryRule,
  nowMs: number,
  call: Call,
): Promise<FoundInventory> {
  const folder = `${rule.prefix}${source}/${rule.id}/`;
  const newest = await newestDelivered(backend, rule.container, folder, call);
  if (newest === undefined)
    throw new InventoryProblem(
      `there is none below ${JSON.stringify(folder)}: the first one comes up to 48 hours after it was set up, to DESTINATION-PREFIX/CONTAINER/ID/`,
    );
  const manifest = readManifest(await readProven(backend, newest, call));
  if (manifest.sourceContainer !== source)
    throw new InventoryProblem(
      `it is of container "${manifest.sourceContainer}", and the mirror is in "${source}"`,
    );
  const ageMs = nowMs - manifest.createdAtMs;
  refuseAge(manifest, ageMs, rule);
  return { ...manifest, key: newest.manifest.key, ageMs };
}

interface Delivered {
  readonly manifest: ObjectInfo;
  readonly checksum: ObjectInfo;
}

/** One whose checksum has not come yet is still being delivered. */
async function newestDelivered(
  backend: Backend,
  container: string,
  folder: string,
  call: Call,
): Promise<Delivered | undefined> {
  const found = new Map<string, { json?: ObjectInfo; checksum?: ObjectInfo }>();
  const list = pages(
    backend.name,
    (page) => backend.listObjects(container, folder, page, call),
    call,
  );
  for await (const { items } of list) {
    for (const info of items) {
      const [, time, kind] = DELIVERED.exec(info.key.slice(folder.length)) ?? [];
      if (time === undefined || kind === undefined) continue;
      found.set(time, { ...found.get(time), [kind]: info });
    }
    // The times of inventories come before data/ and hive/, where the many files are.
    const last = items.at(-1)?.key.slice(folder.length) ?? '';
    if (backend.capabilities.listingOrder === 'utf8' && last > ':') break;
  }
  const times = [...found.keys()].sort().reverse();
  for (const time of times) {
    const { json, checksum } = found.get(time) ?? {};
    if (json !== undefined && checksum !== undefined) return { manifest: json, checksum };
  }
  return undefined;
}

/** The text of a manifest, once its MD5 has proven to be that of the checksum beside it. */
async function readProven(
  backend: Backend,
  { manifest, checksum }: Delivered,
  call: Call,
): Promise<string> {
  const said = await readWhole(backend, checksum, LARGEST_CHECKSUM, call);
  const bytes = await readWhole(backend, manifest, LARGEST_MANIFEST, call);
  const actual = createHash('md5').update(bytes).digest('hex');
  if (said.toString('latin1').trim().toLowerCase() !== actual)
    throw new InventoryProblem(
      `${manifest.key} does not have the MD5 that is in manifest.checksum: it was changed, or not delivered whole; the next inventory replaces it`,
    );
  return bytes.toString('utf8');
}

async function readWhole(
  backend: Backend,
  { container, key, size }: ObjectInfo,
  largest: number,
  call: Call,
): Promise<Buffer> {
  if (size > largest) throw new InventoryProblem(`${key} has ${size} bytes, which is no such file`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of await backend.readObject({ container, key }, undefined, call)) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > largest) throw new InventoryProblem(`${key} has no end`);
  }
  return Buffer.concat(chunks);
}

function refuseAge(
  { createdAtMs }: InventoryManifest,
  ageMs: number,
  { maxAgeMs }: InventoryRule,
): void {
  const made = isoTime(createdAtMs);
  if (ageMs < -SKEW_MS)
    throw new InventoryProblem(
      `the newest is of ${made}, which is still to come: is the clock of this machine right?`,
    );
  if (ageMs > maxAgeMs)
    throw new InventoryProblem(
      `the newest is of ${made}, ${hours(ageMs)} old, and max_age is ${hours(maxAgeMs)}: is it still switched on? One that is made every week needs a max_age of 9d`,
    );
}

function hours(ms: number): string {
  return `${Math.floor(ms / HOUR_MS)} hours`;
}
