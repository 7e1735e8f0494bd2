import type { ObjectName } from '../../state/object-index.js';

/** Files with several names (hard links) whose content is being sent, so that it is sent under one of them. */
export interface LinkedSends {
  /** Runs `send`, unless the file is being sent under another name: then it resolves with that name, and runs nothing. */
  alone<T>(
    inode: bigint,
    name: ObjectName,
    send: () => Promise<T>,
  ): Promise<{ readonly sent: T } | { readonly sentAs: ObjectName }>;
}

export function createLinkedSends(): LinkedSends {
  const names = new Map<bigint, ObjectName>();
  return {
    async alone(inode, name, send) {
      const other = names.get(inode);
      if (other !== undefined && other !== name) return { sentAs: other };
      names.set(inode, name);
      try {
        return { sent: await send() };
      } finally {
        names.delete(inode);
      }
    },
  };
}
