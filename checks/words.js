import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// npm run check: refuses words that a reader who knows storage would stumble over. ARCHITECTURE.md has the glossary.

const REFUSED = [
  ['told', 'reported, listener, was asked'],
  ['tells', 'reports, says'],
  ['whoever', 'name the caller'],
  ['somebody', 'name the actor: a person, another process'],
  ['nobody', 'name the actor: no process, no code'],
  ['of which', 'whose, its, or two sentences'],
  ['as it is', 'unchanged'],
  ['is no matter', 'does not matter'],
  ['for ever', 'until stopped, permanently'],
  ['anew', 'again'],
  ['aloud', 'in the log'],
  ['amiss', 'wrong'],
  ['ever more', 'increasingly'],
  ['has it that', 'says'],
  ['knows every', 'lists every'],
  ['given up', 'quarantined, abandoned'],
  ['sign of life', 'heartbeat, lease renewal'],
  ['given back', 'released, returned'],
  ['left out', 'skipped'],
  ['overtaken', 'superseded'],
];

const words = new RegExp(
  `\\b(${REFUSED.map(([word]) => word.replaceAll(' ', '\\s+')).join('|')})\\b`,
  'gi',
);
const instead = new Map(REFUSED);
const files = execFileSync(
  'git',
  ['ls-files', '-z', '*.ts', '*.tsx', '*.js', '*.md', '*.yaml', '*.service', '*.timer'],
  {
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((name) => name !== '' && name !== 'checks/words.js');

let found = 0;
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  for (const { 0: word, index } of text.matchAll(words)) {
    found += 1;
    const line = text.slice(0, index).split('\n').length;
    const plain = word.toLowerCase().replace(/\s+/g, ' ');
    process.stderr.write(`${file}:${line}: "${plain}": write ${instead.get(plain)}\n`);
  }
}
if (found > 0) {
  process.stderr.write(`${found} words that this project does not use\n`);
  process.exitCode = 1;
}
