/** Formulas as LaTeX. */
import type { Expression } from './expression.ts';
import type { Formula, Numbers } from './formula.ts';
import { expansion } from './rescaling.ts';
import { ATOM, arrayName, inBrackets, isNegation, POWER, PRODUCT, SUM, type Text } from './text.ts';

/** One line for each case of each step. */
export function formulaTex({ output, indices, steps }: Formula, numbers: Numbers, outputs = 1): string[] {
  return steps.flatMap((step, i) => {
    const isLast = i === steps.length - 1;
    const name = nameTex(isLast && outputs > 1 ? `output${output}` : step.name);
    const at = isLast ? indices.map((index) => index.name) : (step.parameters ?? []);
    const left = at.length > 0 ? `${name}[${at.join(',\\, ')}]` : name;
    return step.cases.map(({ value, when }) => {
      const conditions = when.map((c) => `${tex(c.left, numbers).text} ${RELATIONS[c.relation]} ${tex(c.right, numbers).text}`); // biome-ignore format: one line
      const otherwise = step.cases.length > 1 ? ' \\text{ otherwise}' : '';
      const where = conditions.length > 0 ? ` \\text{ where } ${conditions.join(',\\, ')}` : otherwise;
      return `${left} = ${tex(value, numbers).text}${where}`;
    });
  });
}

const RELATIONS = { '<': '<', '<=': '\\le', '>': '>', '>=': '\\ge', '=': '=', '!=': '\\ne' };
const OPERATORS = { '+': '+', '-': '-', '*': '\\cdot' };

function tex(e: Expression, numbers: Numbers): Text {
  const of = (part: Expression) => tex(part, numbers);
  const list = (parts: readonly Expression[]) => parts.map((part) => of(part).text).join(',\\, ');
  const atom = (text: string): Text => ({ text, level: ATOM });
  switch (e.kind) {
    case 'number':
      return { text: numberTex(e.value), level: e.value < 0 ? POWER : ATOM };
    case 'name':
      return atom(nameTex(e.name));
    case 'apply':
      return atom(`${nameTex(e.name)}[${list(e.at)}]`);
    case 'read':
      return atom(
        e.at.length === 0 || typeof e.at === 'string' ? nameTex(e.tensor) : `${nameTex(e.tensor)}[${list(e.at)}]`,
      );
    case 'entry':
      return atom(`${nameTex(arrayName(e.array))}[${of(e.at).text}]`);
    case 'power':
      return { text: `2^{${of(e.exponent).text}}`, level: POWER };
    case 'operation':
      return operationTex(e, of);
    case 'call':
      if (e.fn === 'floor') return atom(`\\left\\lfloor ${list(e.args)} \\right\\rfloor`);
      return atom(`\\operatorname{${e.fn}}\\left(${list(e.args)}\\right)`);
    case 'clamp':
      return atom(`\\min(\\max(${list([e.x, e.min])}),\\, ${of(e.max).text})`);
    case 'over': {
      const term = of(e.term);
      if (e.ranges.length === 0) return term;
      const ranges = e.ranges.map(({ name, count }) => `${name} < ${of(count).text}`).join(',\\, ');
      return { text: `\\${FOLDS[e.fold]}_{${ranges}} ${inBrackets(term, PRODUCT)}`, level: SUM };
    }
    case 'rescale':
      return of(expansion(e, numbers.rescalings[e.rescaling]!));
    case 'named':
      return of(e.value);
  }
}

const FOLDS = {
  sum: 'sum',
  product: 'prod',
  max: 'max',
  min: 'min',
  count: 'operatorname*{count}',
  argmax: 'operatorname*{argmax}',
  argmin: 'operatorname*{argmin}',
};

function operationTex(e: Extract<Expression, { kind: 'operation' }>, of: (part: Expression) => Text): Text {
  const [left, right] = [of(e.left), of(e.right)];
  if (e.operator === '/') return { text: `\\frac{${left.text}}{${right.text}}`, level: ATOM };
  const isSum = e.operator !== '*';
  if (isNegation(e)) return { text: `-${inBrackets(right, ATOM)}`, level: POWER };
  const [l, r] = [inBrackets(left, isSum ? SUM : PRODUCT), inBrackets(right, e.operator === '+' ? SUM : PRODUCT)];
  return { text: `${l} ${OPERATORS[e.operator]} ${r}`, level: isSum ? SUM : PRODUCT };
}

/** 1.5e-7 as a product with a power of ten. */
function numberTex(value: number | bigint): string {
  const [digits, exponent] = String(value).split('e');
  return exponent === undefined ? digits! : `${digits} \\cdot 10^{${Number(exponent)}}`;
}

function nameTex(name: string): string {
  return name.length === 1 ? name : `\\mathit{${name.replaceAll('_', '\\_')}}`;
}
