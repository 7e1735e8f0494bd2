// Writes the pages of docs/ that are made from the code: npm run docs
import { writeFileSync } from 'node:fs';
import { madePages } from './made-pages.js';

for (const { path, text } of madePages()) writeFileSync(path, text);
