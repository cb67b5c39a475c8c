/** A report as one HTML file: the page as it was built, with the report's data in it. */

import { jsonOf } from './json.ts';
import type { ModelReport } from './model_report.ts';

const EMPTY = '<script type="application/json" id="report">null</script>';

/** @param page the page without a report, which takes a model that is dropped on it */
export function reportPage(page: string, report: ModelReport): string {
  const at = page.indexOf(EMPTY);
  if (at < 0) throw new Error('the page has no place for a report');
  // Within a script element, "<" may begin its end or a comment.
  const filled = EMPTY.replace('null', () => jsonOf(report).replaceAll('<', '\\u003c'));
  return page.slice(0, at) + filled + page.slice(at + EMPTY.length);
}
