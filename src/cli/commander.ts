// The only import of Commander: replace or understand it here.
export { Command, CommanderError } from 'commander';
