import type { Failpoint } from '../../../src/failpoint.js';
import { note, orders } from './orders.js';

// Takes the place of src/failpoint.ts in the torture build.

const hits = new Map<Failpoint, number>();

export function failpoint(point: Failpoint): void {
  const hit = (hits.get(point) ?? 0) + 1;
  hits.set(point, hit);
  if (hit === 1) note({ note: 'reached', point });
  if (orders.kill?.point !== point || orders.kill.hit !== hit) return;
  note({ note: 'killed', point });
  process.kill(process.pid, 'SIGKILL');
}
