import { start } from '../../src/cli/start.js';

// node ending-child.js check: runs the command line, and says what would keep the process alive once it has ended.
void start().then(() => process.stdout.write(`left: ${process.getActiveResourcesInfo().join()}\n`));
