import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import type { Release } from './release.js';

const run = promisify(execFile);
const MILLISECONDS = 1000;
const ENOUGH_BYTES = 64 * 1024 * 1024;

/** What npm says of a package that only development needs. */
const DEVELOPMENT = 'cdx:npm:package:development';

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string }[];
}

interface Bill {
  serialNumber: string;
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
  metadata: {
    timestamp: string;
    component: { name: string; version: string; 'bom-ref': string; purl: string };
  };
}

/**
 * Which packages went into this version, as a CycloneDX document. npm writes the time and a random number into it; here they
 * come from the release and from the content, so that it is the same each time.
 */
export async function billOfMaterials({ checkout, version, epoch }: Release): Promise<string> {
  const { stdout } = await run(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'],
    { cwd: checkout, maxBuffer: ENOUGH_BYTES },
  );
  const bill = withoutDevelopment(JSON.parse(stdout) as Bill);
  bill.metadata.timestamp = new Date(epoch * MILLISECONDS).toISOString();
  bill.metadata.component.version = version;
  bill.metadata.component.name = 'longshore'; // npm takes the name of the folder
  bill.serialNumber = '';
  bill.serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bill))}`;
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** npm's own `--omit dev` loses packages that both need, the program and its development (npm 11). */
function withoutDevelopment(bill: Bill): Bill {
  const components = bill.components.filter(
    ({ properties = [] }) => !properties.some(({ name }) => name === DEVELOPMENT),
  );
  const left = new Set([
    ...components.map((each) => each['bom-ref']),
    bill.metadata.component['bom-ref'],
  ]);
  const dependencies = bill.dependencies
    .filter(({ ref }) => left.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => left.has(each)) }));
  return { ...bill, components, dependencies };
}

/** A UUID of a content (RFC 9562, version 8). */
function uuidOf(content: string): string {
  const digest = createHash('sha256').update(content).digest('hex');
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}
