// npm run test:torture -- [OPTIONS]: see kills.ts. With --disaster among the options: see disaster/main.ts.
const at = process.argv.indexOf('--disaster');
if (at < 0) await import('./kills.js');
else {
  process.argv.splice(at, 1);
  await import('./disaster/main.js');
}
