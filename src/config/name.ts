/** Names of mirrors, targets and daemons: they become folder names in the state folder, and words on the command line. */
export const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
export const NAME_RULE = '1 to 64 letters, digits, ".", "_" or "-", not beginning with "." or "-"';
