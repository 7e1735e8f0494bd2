// npm run test:torture -- [OPTIONS]: see kills.ts. With --disaster among the options: see disaster/main.ts, and with --workers
// workers/main.ts.
if (takeOption('--disaster')) await import('./disaster/main.js');
else if (takeOption('--workers')) await import('./workers/main.js');
else await import('./kills.js');

function takeOption(name: string): boolean {
  const at = process.argv.indexOf(name);
  if (at >= 0) process.argv.splice(at, 1);
  return at >= 0;
}
