/** How text is made for a terminal: colours, tables. */
import Table from 'cli-table3';
import pc from 'picocolors';

const { NO_COLOR, FORCE_COLOR } = process.env;

/** On a terminal only, whatever picocolors makes of CI; NO_COLOR and FORCE_COLOR are honoured. */
export const colors = pc.createColors(pc.isColorSupported && !NO_COLOR && (process.stdout.isTTY || !!FORCE_COLOR));

/** Rows as a table; the first is the header. */
export function table([head, ...rows]: readonly (readonly string[])[]): string {
  const style = { head: colors.isColorSupported ? ['bold'] : [], border: [], compact: true };
  const made = new Table({ head: [...head!], style });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}
