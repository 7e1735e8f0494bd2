import { withDaemon } from './ask.js';
import type { Io } from './io.js';

/** `longshore log-level MODULE LEVEL`. */
export function logLevel(
  configFile: string | undefined,
  order: { readonly module: string; readonly level: string },
  io: Io,
): Promise<number> {
  return withDaemon(configFile, io, async ({ output, post }) => {
    const { level, own } = (await post('/log-level', order)) as {
      readonly level: string;
      readonly own: Readonly<Record<string, string>>;
    };
    output.line(`the log has level ${level}`);
    for (const [name, each] of Object.entries(own)) output.line(`  ${name}: ${each}`);
  });
}
