import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

// npm run test:changed -- [COMMIT]: runs the tests, but for those over servers, that import a module that differs from
// COMMIT (by default: from the last commit), whether committed since or not.

const [since = 'HEAD', ...rest] = process.argv.slice(2);

function git(...args: readonly string[]): readonly string[] {
  return execFileSync('git', [...args, '-z'], { encoding: 'utf8' })
    .split('\0')
    .filter((name) => name !== '');
}

const changed = [
  ...git('diff', '--name-only', '--diff-filter=d', since),
  ...git('ls-files', '--others', '--exclude-standard'),
];
const compiled = changed
  .filter((name) => /^(src|test)\/.*\.ts$/.test(name))
  .map((name) => `dist/${name.replace(/\.ts$/, '.js')}`)
  .filter((name) => existsSync(name));

if (compiled.length === 0) {
  console.log(`No module of src or test differs from ${since}.`);
} else {
  const projects = ['--project', 'unit', '--project', 'system'];
  const { status } = spawnSync(
    'npx',
    ['vitest', 'related', '--run', ...projects, ...compiled, ...rest],
    {
      stdio: 'inherit',
    },
  );
  process.exitCode = status ?? 1;
}
