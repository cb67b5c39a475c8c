/** Colours of a terminal. */
import pc from 'picocolors';

const { NO_COLOR, FORCE_COLOR } = process.env;

/** On a terminal only, whatever picocolors makes of CI; NO_COLOR and FORCE_COLOR are honoured. */
export const colors = pc.createColors(pc.isColorSupported && !NO_COLOR && (process.stdout.isTTY || !!FORCE_COLOR));
