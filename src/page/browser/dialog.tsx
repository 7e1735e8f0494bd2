import { Icon } from '../icons.js';
import type { ComponentChildren } from '../preact.js';
import { useEffect, useRef } from '../preact.js';
import type { IconName, Tone } from '../states.js';

export interface DialogProps {
  readonly kind: 'modal' | 'modal small' | 'drawer';
  readonly title: ComponentChildren;
  readonly sub?: ComponentChildren;
  readonly icon?: { readonly name: IconName; readonly tone: Tone };
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A native dialog: focus goes to its title, and back to where it was; Escape and a click beside it close it. */
export function Dialog({ kind, title, sub, icon, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    element.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard closes a native dialog with Escape
    <dialog
      ref={element}
      class={kind}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) element.current?.close();
      }}
    >
      <div class="dhead">
        {icon ? <Icon name={icon.name} tone={icon.tone} big /> : null}
        <div>
          <h2 id="dialog-title" tabIndex={-1} autofocus>
            {title}
          </h2>
          {sub ? <p class="soft">{sub}</p> : null}
        </div>
        <button
          type="button"
          class="icon x"
          aria-label="Close"
          onClick={() => element.current?.close()}
        >
          <Icon name="x" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
