import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownDrivers } from '../../src/cli/drivers.js';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { apiDocument } from './api-document.js';
import { configurationPage, type Node } from './configuration-page.js';
import { metricsPage } from './metrics-page.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** The pages that are made from the code, as they should be. */
export function madePages(): readonly { readonly path: string; readonly text: string }[] {
  const schema = configJsonSchema(knownDrivers.all) as Node;
  const drivers = knownDrivers.all as readonly {
    name: string;
    aliases: readonly string[];
    summary: string;
  }[];
  return [
    { path: join(project, 'docs', 'configuration.md'), text: configurationPage(schema, drivers) },
    {
      path: join(project, 'docs', 'api.json'),
      text: `${JSON.stringify(apiDocument(), undefined, 2)}\n`,
    },
    { path: join(project, 'docs', 'metrics.md'), text: metricsPage() },
  ];
}
