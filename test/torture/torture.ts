import { linger, live } from './lives.js';
import { quiet } from './quiet.js';
import { closeWorld, openWorld, type WorldOptions } from './world.js';

/** The share of daemons to which nothing happens. */
const LINGERS = 0.15;

/** One mirror, its source, its target and its daemons, one after another: some are killed, then comes a quiet in which all must come right. */
export async function torture(options: WorldOptions): Promise<void> {
  const { isOver } = options;
  const world = await openWorld(options);
  const { random } = world;
  let failed = true;
  try {
    while (!isOver()) {
      for (let count = 5 + Math.floor(random() * 20); count > 0 && !isOver(); count -= 1)
        await (random() < LINGERS ? linger(world) : live(world));
      await quiet(world);
    }
    failed = false;
  } finally {
    await closeWorld(world, failed);
  }
}
