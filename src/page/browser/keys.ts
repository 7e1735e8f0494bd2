import { mirrorAddress } from '../model.js';
import { keysAreOn } from './kept.js';
import type { PageActs } from './page-acts.js';
import { model } from './store.js';

/** Single keys; never inside a field or a dialog, and never with a modifier. */
export function listenToKeys(acts: PageActs, go: (address: string) => void): void {
  document.addEventListener('keydown', (event) => {
    if (moveInTabs(event) || leavesSearch(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
    if (isInField(event.target) || document.querySelector('dialog[open]')) return;
    if (event.key === '/') {
      event.preventDefault();
      document.getElementById('q')?.focus();
    } else if (event.key === '?') acts.openKeys();
    else if (event.key === 't') acts.toggleTheme();
    else if (event.key === 'h') openFirstHeld(acts);
    else if (event.key === '0') go('/');
    else if (/^[1-9]$/.test(event.key)) {
      const mirror = model.value?.status.mirrors[Number(event.key) - 1];
      if (mirror) go(mirrorAddress(mirror.mirror));
    }
  });
}

function isInField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}

function openFirstHeld(acts: PageActs): void {
  const held = model.value?.status.mirrors.find((mirror) => mirror.held > 0);
  if (held) acts.openHeld(held.mirror);
}

/** Left and right go through the tabs of a mirror. */
function moveInTabs({ key, target }: KeyboardEvent): boolean {
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return false;
  const tab = target instanceof HTMLElement ? target.closest('.tabs a') : null;
  if (tab === null) return false;
  const tabs = [...document.querySelectorAll<HTMLElement>('.tabs a')];
  const step = key === 'ArrowRight' ? 1 : tabs.length - 1;
  const next = tabs[(tabs.indexOf(tab as HTMLElement) + step) % tabs.length];
  next?.focus();
  next?.click();
  return true;
}

function leavesSearch({ key, target }: KeyboardEvent): boolean {
  if (key !== 'Escape' || !(target instanceof HTMLInputElement) || target.id !== 'q') return false;
  target.value = '';
  target.dispatchEvent(new Event('input', { bubbles: true })); // its results go, too
  target.blur();
  return true;
}
