import { writePlan } from '../../src/plan/write-plan.js';
import { header, upload } from './fixtures.js';

// node long-plan-child.js FILE COUNT: writes a plan of so many actions.
const [, , file = '', count = ''] = process.argv;
const plan = writePlan(file, header());
for (let at = 0; at < Number(count); at += 1) plan.add(upload(`folder ${at % 1000}/file ${at}`));
plan.finish();
