import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../world/folder.js';
import { type Block, blocksOf } from './blocks.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(project, 'dist', 'bundle', 'main.js');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(project, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
].sort();

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;

beforeEach(async () => {
  folder = temporaryFolder('docs');
  await mkdir(join(folder, 'bin'));
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  await writeFile(join(folder, 'bin', 'longshore'), script, { mode: 0o755 });
});

function shell(command: string): Promise<Result> {
  const env = { HOME: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd: folder, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, stdout, stderr });
    });
  });
}

/** `$ command` and the lines of output that the page shows below it. */
function steps({ text }: Block): readonly { readonly command: string; readonly output: string }[] {
  const parts = text.split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const [command = '', ...output] = part.split('\n');
    return { command: command.replace(/\s+#.*$/, ''), output: output.join('\n').trim() };
  });
}

const checked = pages
  .map((page) => ({ page, blocks: blocksOf(readFileSync(join(project, page), 'utf8')) }))
  .filter(({ blocks }) =>
    blocks.some(
      ({ info, text }) => text.includes('$ longshore ') || isConfiguration({ info, text }),
    ),
  );

describe.each(checked)('$page', ({ blocks }) => {
  const sandbox = blocks.filter(({ info }) => info === 'console sandbox');
  const shown = blocks.filter(({ info }) => info.startsWith('console'));
  const yaml = blocks.filter(isConfiguration);

  if (sandbox.length > 0) {
    test('its sandbox blocks run one after the other, with the output that is shown', async () => {
      for (const { command, output } of sandbox.flatMap(steps)) {
        const result = await shell(command);
        expect({ command, ...result }).toMatchObject({ code: 0 });
        if (output !== '') expect(result.stdout.trim(), command).toBe(output);
      }
    });
  }

  const commands = shown.flatMap(steps).filter(({ command }) => command.startsWith('longshore '));
  if (commands.length > 0) {
    test('each longshore command exists, with its options', async () => {
      for (const { command } of commands) expect(await unknownParts(command), command).toEqual([]);
    });
  }

  if (yaml.length > 0) {
    test('each configuration passes longshore check', async () => {
      const env = [
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'MINIO_KEY',
        'MINIO_SECRET',
        'OS_PASSWORD',
        'PAGE_TOKEN',
        'PAGE_READ_TOKEN',
        'METRICS_TOKEN',
        'NTFY_TOKEN',
        'SMTP_PASSWORD',
        'AZURE_STORAGE_KEY',
        'B2_APPLICATION_KEY_ID',
        'B2_APPLICATION_KEY',
        'REDIS_PASSWORD',
      ];
      const urls = ['SLACK_WEBHOOK', 'NTFY_URL', 'HEARTBEAT_URL'];
      const exports = [
        ...env.map((name) => `export ${name}=x`),
        ...urls.map((name) => `export ${name}=https://example.org/x`),
      ].join('; ');
      for (const source of ['Documents', 'data']) await mkdir(join(folder, source));
      await writeFile(join(folder, 'nas-ca.pem'), '');
      await writeFile(join(folder, 'edge-key'), 'x');
      for (const { text, line } of yaml) {
        await writeFile(join(folder, 'page.yaml'), completed(text));
        const { code, stdout, stderr } = await shell(
          `${exports}; longshore --config page.yaml check`,
        );
        expect({ line, code, stdout, stderr }).toMatchObject({ code: 0 });
      }
    });
  }
});

const named = pages
  .map((page) => ({ page, commands: inlineCommands(readFileSync(join(project, page), 'utf8')) }))
  .filter(({ commands }) => commands.length > 0);

test.each(named)(
  '$page: the longshore commands in its sentences exist, with their options',
  async ({ commands }) => {
    for (const command of commands) expect(await unknownParts(command), command).toEqual([]);
  },
);

/** `longshore held MIRROR`, as a sentence names it. */
function inlineCommands(markdown: string): readonly string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '');
  return [
    ...new Set([...prose.matchAll(/`(longshore\s[^`]+)`/g)].map(([, command = '']) => command)),
  ];
}

function isConfiguration({ info, text }: Pick<Block, 'info' | 'text'>): boolean {
  return info === 'yaml' && /^(state|log|drain|status|targets|mirrors):/m.test(text);
}

/** A block that shows a part of a configuration gets the target and the mirror that it lacks. */
function completed(text: string): string {
  const withTargets = /^targets:/m.test(text)
    ? text
    : `${text}targets:\n  vault: { driver: local, root: ./vault }\n`;
  if (/^mirrors:/m.test(text)) return withTargets;
  const target = /^targets:\n {2}([\w-]+):/m.exec(withTargets)?.[1] ?? '';
  return `${withTargets}mirrors: [{ name: documents, source: ./Documents, target: ${target}, container: documents }]\n`;
}

/** Words of the command that `--help` of the program does not know. */
async function unknownParts(command: string): Promise<readonly string[]> {
  const words = command.split(/\s+/).slice(1);
  const options = words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/=.*/, ''));
  const names = words.filter((word) => /^[a-z][a-z-]*$/.test(word));
  const top = await helpOf('');
  const help = [top, await helpOf(names[0] ?? ''), await helpOf(names.slice(0, 2).join(' '))].join(
    '\n',
  );
  const known = names.length === 0 || new RegExp(`^ {2}${names[0]}\\b`, 'm').test(top);
  const unknown = options.filter((option) => !new RegExp(`(^|[\\s,])${option}\\b`).test(help));
  return known ? unknown : [names[0] ?? '', ...unknown];
}

const helps = new Map<string, Promise<string>>();

/** The help of a command, asked once. */
function helpOf(command: string): Promise<string> {
  const help =
    helps.get(command) ?? shell(`longshore ${command} --help`).then(({ stdout }) => stdout);
  helps.set(command, help);
  return help;
}
