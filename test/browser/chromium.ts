/** Chromium, where there is one: tests that need it are skipped elsewhere, and say so. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const isThere: boolean = existsSync(executablePath);

/** For the name of a suite. */
export const IN_CHROMIUM: string = `in Chromium (${isThere ? executablePath : `skipped: there is no ${executablePath}`})`;

export async function launch(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  return await chromium.launch({ executablePath, args });
}
