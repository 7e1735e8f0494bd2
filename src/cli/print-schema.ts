import { configJsonSchema } from '../config/json-schema.js';
import { knownDrivers } from './drivers.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';
import { openOutput } from './output.js';

/** `longshore schema`: what editors check and complete a configuration with. */
export async function printSchema({ stdout }: Io): Promise<number> {
  const output = openOutput(stdout);
  output.lines(JSON.stringify(configJsonSchema(knownDrivers.all), null, 2));
  await output.finish();
  return EXIT.OK;
}
