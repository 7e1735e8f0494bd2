import { walked } from './walked.js';

// A process of its own, so that the walk can be that of a user who may not read everything.
process.stdout.write(JSON.stringify(walked(process.argv[2] ?? '')));
