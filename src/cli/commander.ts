/** The only file that knows where commands and options are read. */
export { Command, CommanderError } from 'commander';
