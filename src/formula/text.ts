/**
 * Formulas as text: `scaled = round(floor((acc * 1116090704 + 2^30) / 2^31) / 2^8)`. Whole numbers throughout: a division is a
 * real one, and floor or round around it says how it becomes whole; sum{k < 3} is over k = 0, 1, 2.
 */

import type { ArrayName, Condition, Expression, Range } from './expression.ts';
import type { Case, Formula, Numbers, Step } from './formula.ts';
import { expansion } from './rescaling.ts';

/** How tightly an expression's text holds together. */
export const SUM = 0;
export const PRODUCT = 1;
export const POWER = 2;
export const ATOM = 3;

export interface Text {
  readonly text: string;
  readonly level: number;
}

/** One line for each case of each step. */
export function formulaLines({ output, indices, steps }: Formula, numbers: Numbers, outputs = 1): string[] {
  return steps.flatMap((step, i) => {
    const isLast = i === steps.length - 1;
    const name = isLast && outputs > 1 ? `output${output}` : step.name;
    const at = isLast ? indices.map((index) => index.name) : (step.parameters ?? []);
    const left = at.length > 0 ? `${name}[${at.join(', ')}]` : name;
    return step.cases.map((found) => `${left} = ${caseText(found, step, numbers)}`);
  });
}

function caseText({ value, when }: Case, { cases }: Step, numbers: Numbers): string {
  const text = expressionText(value, numbers);
  if (when.length === 0) return cases.length > 1 ? `${text} otherwise` : text;
  return `${text} where ${when.map((c) => conditionText(c, numbers)).join(', ')}`;
}

export function conditionText({ left, relation, right }: Condition, numbers: Numbers): string {
  return `${expressionText(left, numbers)} ${relation} ${expressionText(right, numbers)}`;
}

export function expressionText(e: Expression, numbers: Numbers): string {
  return wholeText(e, numbers).text;
}

function wholeText(e: Expression, numbers: Numbers): Text {
  return textOf(e, (part) => wholeText(part, numbers), numbers);
}

/** The text of an expression, given that of its parts. */
export function textOf(e: Expression, of: (part: Expression) => Text, numbers: Numbers): Text {
  const list = (parts: readonly Expression[]) => parts.map((part) => of(part).text).join(', ');
  switch (e.kind) {
    case 'number':
      return numberText(e.value);
    case 'name':
      return { text: e.name, level: ATOM };
    case 'apply':
      return { text: `${e.name}[${list(e.at)}]`, level: ATOM };
    case 'read':
      return {
        text: e.at.length === 0 || typeof e.at === 'string' ? e.tensor : `${e.tensor}[${list(e.at)}]`,
        level: ATOM,
      };
    case 'entry':
      return { text: `${arrayName(e.array)}[${of(e.at).text}]`, level: ATOM };
    case 'operation':
      if (isMultiple(e)) return { text: `${of(e.left).text}*${of(e.right).text}`, level: PRODUCT };
      if (isNegation(e)) return { text: `-${inBrackets(of(e.right), ATOM)}`, level: POWER };
      return operationText(e.operator, of(e.left), of(e.right));
    case 'power':
      return { text: `2^${inBrackets(of(e.exponent), ATOM)}`, level: POWER };
    case 'call':
      return { text: `${e.fn}(${list(e.args)})`, level: ATOM };
    case 'clamp':
      return { text: `min(max(${of(e.x).text}, ${of(e.min).text}), ${of(e.max).text})`, level: ATOM };
    case 'over': {
      const term = of(e.term);
      if (e.ranges.length === 0) return term;
      return { text: `${e.fold}{${rangesText(e.ranges, of)}} ${inBrackets(term, PRODUCT)}`, level: SUM };
    }
    case 'rescale':
      return of(expansion(e, numbers.rescalings[e.rescaling]!));
    case 'named':
      return of(e.value);
  }
}

export function numberText(value: number | bigint): Text {
  return { text: String(value), level: value < 0 ? POWER : ATOM };
}

function rangesText(ranges: readonly Range[], of: (part: Expression) => Text): string {
  return ranges.map(({ name, count }) => `${name} < ${of(count).text}`).join(', ');
}

export function arrayName(array: ArrayName): string {
  return 'table' in array ? array.table : array.field;
}

export function inBrackets({ text, level }: Text, least: number): string {
  return level < least ? `(${text})` : text;
}

/** A number times an index or a step, which is written 2*y. */
function isMultiple({ operator, left, right }: Extract<Expression, { kind: 'operation' }>): boolean {
  return operator === '*' && left.kind === 'number' && left.value > 0 && right.kind === 'name';
}

/** 0 - x, which is written -x. */
export function isNegation(e: Extract<Expression, { kind: 'operation' }>): boolean {
  return e.operator === '-' && e.left.kind === 'number' && e.left.value === 0;
}

function operationText(operator: '+' | '-' | '*' | '/', left: Text, right: Text): Text {
  switch (operator) {
    case '+':
      return right.text.startsWith('-') && right.level === POWER
        ? { text: `${left.text} - ${right.text.slice(1)}`, level: SUM }
        : { text: `${left.text} + ${right.text}`, level: SUM };
    case '-':
      return right.text.startsWith('-') && right.level === POWER
        ? { text: `${left.text} + ${right.text.slice(1)}`, level: SUM }
        : { text: `${left.text} - ${inBrackets(right, PRODUCT)}`, level: SUM };
    case '*':
      return { text: `${inBrackets(left, PRODUCT)} * ${inBrackets(right, PRODUCT)}`, level: PRODUCT };
    case '/':
      return { text: `${inBrackets(left, PRODUCT)} / ${inBrackets(right, POWER)}`, level: PRODUCT };
  }
}
