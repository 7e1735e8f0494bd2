// Runs before the first paint, so that a kept theme does not flash. A file of its own, as the page allows no inline script.
import { keptTheme } from './kept.js';

const theme = keptTheme();
if (theme !== undefined) document.documentElement.dataset['theme'] = theme;
